import type { ReactNode } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { Button } from '../../ui/button.tsx';
import { Sparkline } from './sparkline.tsx';
import { useEngineState, useMachineState } from './use-machine.ts';
import { useEmulatorReadings } from './use-readings.ts';
import styles from './machine-status.module.css';

const engineWords = {
  absent: '',
  starting: 'Docker is starting',
  ready: 'Docker is ready',
  failed: 'Docker failed',
};
const machineWords = {
  starting: 'starting',
  running: 'running',
  paused: 'paused',
  stopped: 'stopped',
  failed: 'failed',
};

/** State of machine and engine in one line, with the processor's last minutes; opens the machine panel. */
export function MachineStatus({
  machine,
  onShow,
  children,
}: {
  readonly machine: LabMachine;
  readonly onShow: () => void;
  /** beside the machine's name */
  readonly children?: ReactNode;
}) {
  const state = useMachineState(machine)?.kind ?? 'starting';
  const engine = useEngineState(machine)?.kind ?? 'absent';
  const { cpu } = useEmulatorReadings(machine, state === 'running');
  const busy = state === 'running' ? `${Math.round((cpu.at(-1) ?? 0) * 100)} %` : '';
  return (
    <>
      <button
        type="button"
        className={styles['status']}
        onClick={onShow}
        // Begins with what is shown: it is what somebody says who speaks to the computer.
        aria-label={`${machine.name} ${machineWords[state]} ${busy}: the machine and its processor. Show it`}
      >
        <span className={styles['dot']} data-state={state} />
        <span className={styles['name']}>{machine.name}</span>{' '}
        <span className={styles['word']}>{machineWords[state]}</span>{' '}
        <span className={styles['spark']}>
          <Sparkline series={cpu} top={1} width={64} height={18} />
        </span>
        <span className={styles['busy']}>{busy}</span>
      </button>
      {children}
      <output className={styles['engine']} data-state={engine}>
        {engineWords[engine]}
      </output>
      {engine === 'failed' && (
        <Button small variant="quiet" className={styles['why']} onClick={onShow}>
          Why?
        </Button>
      )}
    </>
  );
}
