import { Suspense, useState, type ReactNode } from 'react';
import type { EngineState, LabMachine, MachineState } from '../../../engine/api/lab.ts';
import type { ProfileName } from '../../../engine/api/machine.ts';
import { Button } from '../../ui/button.tsx';
import { lazyPart } from '../../ui/lazy-part.ts';
import { Panel } from '../../ui/panel.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { ConfirmReset } from './confirm-reset.tsx';
import { EngineChoice, ORIGINAL_PROFILE, originalIs } from './engine-choice.tsx';
import { formatBytes, formatInstructions, type Series } from './readings.ts';
import { SerialLog } from './serial-log.tsx';
import { Sparkline } from './sparkline.tsx';
import { useEngineState, useMachineState } from './use-machine.ts';
import { useEmulatorReadings, useGuestReadings } from './use-readings.ts';
import styles from './machine-panel.module.css';

const DockerInside = lazyPart(
  async () => (await import('../look-inside/docker-inside.tsx')).DockerInside,
);

export interface MachinePanelProps {
  readonly machine: LabMachine;
  /** whether it can be seen; hidden, it asks the machine nothing */
  readonly visible: boolean;
  readonly onReset: (start: 'restore' | 'cold', profile?: ProfileName) => void;
  readonly onCheckpoints: () => void;
}

/** What the machine is, what it is doing, and its switches. */
export function MachinePanel({ machine, visible, onReset, onCheckpoints }: MachinePanelProps) {
  const state = useMachineState(machine);
  const engine = useEngineState(machine);
  const running = state?.kind === 'running';
  const original = machine.profile === ORIGINAL_PROFILE;
  const hasDocker = machine.profile !== 'node';
  const emulator = useEmulatorReadings(machine, visible && running);
  const guest = useGuestReadings(machine, visible && running);
  const [confirming, setConfirming] = useState<'restore' | 'cold'>();
  const [choosing, setChoosing] = useState(false);
  const [showLog, setShowLog] = useState(false);
  const [showInside, setShowInside] = useState(false);
  const { latest } = guest;

  const actions = (
    <div className={styles['actions']}>
      <div className={styles['switches']}>
        {state?.kind === 'paused' ? (
          <Button small icon="play" onClick={() => void machine.resume()}>
            Resume
          </Button>
        ) : (
          <Button small icon="pause" disabled={!running} onClick={() => void machine.pause()}>
            Pause
          </Button>
        )}
        <Button small icon="reload" onClick={() => setConfirming('restore')}>
          Reset
        </Button>
        <Button small icon="power" onClick={() => setConfirming('cold')}>
          Cold boot
        </Button>
        <Button small icon="save" onClick={onCheckpoints}>
          Checkpoints
        </Button>
        {hasDocker && (
          <Button
            small
            icon="search"
            aria-expanded={showInside}
            onClick={() => setShowInside(!showInside)}
          >
            Look inside
          </Button>
        )}
        <Button small icon="terminal" aria-expanded={showLog} onClick={() => setShowLog(!showLog)}>
          Serial log
        </Button>
      </div>
    </div>
  );

  return (
    <Panel title="Machine" bar={actions}>
      <div className={styles['panel']}>
        <dl className={styles['facts']}>
          <Fact term="Machine">
            {machine.name} <StateText state={state} />
            <RealityLabel
              reality="real"
              surface="The machine"
              what="A PC emulated in WebAssembly, instruction by instruction, running an unchanged Linux kernel and Debian's programs."
            />
          </Fact>
          <Fact term="Profile">{machine.profile}</Fact>
          <Fact term="Processes">{latest?.processes ?? '–'}</Fact>
          {hasDocker && (
            <Fact term="Docker engine">
              <EngineText engine={engine} />
              <RealityLabel
                reality={original ? 'real' : 'ported'}
                surface="The Docker engine"
                what={
                  original
                    ? originalIs
                    : "The docker command, the containers, crun and the kernel features below them are real. The daemon between them is ours: it answers Docker's Engine API on /var/run/docker.sock, beside the machine, so that it costs the emulated processor nothing."
                }
              />
              <Button small onClick={() => setChoosing(true)}>
                {original ? "Drydock's engine" : 'Original Docker Engine (slower)'}
              </Button>
            </Fact>
          )}
        </dl>

        <ul className={styles['tiles']}>
          <Tile
            name="Processor"
            figure={`${Math.round((emulator.cpu.at(-1) ?? 0) * 100)} %`}
            note="of one core"
            series={emulator.cpu}
            top={1}
          />
          <Tile
            name="Instructions"
            figure={`${formatInstructions(emulator.instructions.at(-1) ?? 0)} M/s`}
            note="emulated"
            series={emulator.instructions}
          />
          <Tile
            name="Memory"
            figure={latest ? formatBytes(latest.memory.total - latest.memory.available) : '–'}
            note={latest ? `of ${formatBytes(latest.memory.total)}` : ''}
            series={guest.memory}
            {...(latest ? { top: latest.memory.total } : {})}
          />
          <Tile
            name="Disk"
            figure={`${formatBytes(guest.disk.at(-1) ?? 0)}/s`}
            note={latest ? `${formatBytes(latest.disk.used)} used` : ''}
            series={guest.disk}
            top={1e5}
          />
          <Tile
            name="Network"
            figure={`${formatBytes(guest.network.at(-1) ?? 0)}/s`}
            note={
              latest
                ? `${formatBytes(latest.network.receivedBytes)} in, ${formatBytes(latest.network.sentBytes)} out`
                : ''
            }
            series={guest.network}
            top={1e4}
          />
        </ul>

        {showInside && running && (
          <Suspense fallback={<Waiting text="It is loading" />}>
            <DockerInside machine={machine} />
          </Suspense>
        )}
        {showLog && visible && <SerialLog machine={machine} />}
        {choosing && (
          <EngineChoice
            present={machine.profile}
            onClose={() => setChoosing(false)}
            onChoose={(start, profile) => {
              setChoosing(false);
              onReset(start, profile);
            }}
          />
        )}
        {confirming && (
          <ConfirmReset
            start={confirming}
            onClose={() => setConfirming(undefined)}
            onConfirm={() => onReset(confirming)}
          />
        )}
      </div>
    </Panel>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className={styles['fact']}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface TileProps {
  readonly name: string;
  readonly figure: string;
  readonly note: string;
  readonly series: Series;
  readonly top?: number;
}

function Tile({ name, figure, note, series, top }: TileProps) {
  return (
    <li className={styles['tile']}>
      <p className={styles['tileName']}>{name}</p>
      <p className={styles['figure']}>{figure}</p>
      <Sparkline series={series} width={160} height={36} {...(top === undefined ? {} : { top })} />
      <p className={styles['note']}>{note}</p>
    </li>
  );
}

function StateText({ state }: { readonly state: MachineState | undefined }) {
  const kind = state?.kind ?? 'starting';
  return (
    <span className={styles['state']} data-state={kind}>
      {kind === 'starting' && state?.kind === 'starting' ? state.progress.text.toLowerCase() : kind}
    </span>
  );
}

function EngineText({ engine }: { readonly engine: EngineState | undefined }) {
  const kind = engine?.kind ?? 'absent';
  return (
    <span className={styles['state']} data-state={kind}>
      {engine?.kind === 'failed' ? `failed: ${engine.error.message}` : kind}
    </span>
  );
}
