import { useState, useSyncExternalStore } from 'react';
import type { OtherMachines } from '../../../lessons/other-machines.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import styles from './lesson.module.css';

export interface MachineStartProps {
  readonly name: string;
  readonly others: OtherMachines;
  readonly onShow: (name: string) => void;
}

/** Starts a machine beside the lesson's own, and tells how long that took. */
export function MachineStart({ name, others, onShow }: MachineStartProps) {
  const isStarting = useSyncExternalStore(
    others.onChange,
    () => others.find(name)?.state().kind === 'starting',
  );
  const running = useSyncExternalStore(others.onChange, () => others.running(name));
  const [problem, setProblem] = useState<string>();
  const start = () => {
    setProblem(undefined);
    others.start(name).catch((error: unknown) => setProblem(messageOf(error)));
  };
  const seconds = ((others.startMs(name) ?? 0) / 1000).toFixed(1);
  return (
    <section className={styles['place']} aria-label={`Machine ${name}`}>
      <div role="status">
        {running !== undefined && (
          <p>
            The machine {name} runs. It took {seconds} seconds to start.
          </p>
        )}
      </div>
      {running !== undefined ? (
        <Button icon="terminal" onClick={() => onShow(name)}>
          Show its terminal
        </Button>
      ) : isStarting ? (
        <Waiting text={`The machine ${name} is starting`} />
      ) : (
        <Button variant="primary" icon="play" onClick={start}>
          Start the machine {name}
        </Button>
      )}
      {problem !== undefined && <p role="alert">It could not be started: {problem}. Try again.</p>}
    </section>
  );
}
