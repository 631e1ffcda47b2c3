import { Suspense } from 'react';
import type { LabMachine } from '../../engine/api/lab.ts';
import { FailureCard } from '../features/machine/failure-card.tsx';
import type { Failure } from '../features/machine/failures.ts';
import { StartPanel } from '../features/machine/start-panel.tsx';
import { machineKey, useMachineState } from '../features/machine/use-machine.ts';
import { lazyPart } from '../ui/lazy-part.ts';
import styles from './app.module.css';

const TerminalRegion = lazyPart(
  async () => (await import('../features/terminal/terminal-region.tsx')).TerminalRegion,
);
// It is needed in any case, as soon as the machine runs.
TerminalRegion.preload();

export interface TerminalStageProps {
  readonly machine: LabMachine | undefined;
  readonly machines: readonly LabMachine[];
  readonly failure: Failure | undefined;
  /** whether a shell of this machine has answered */
  readonly shellOpen: boolean;
  readonly onShell: () => void;
  readonly onLink: (url: string) => void;
  readonly onRetry: (start: 'restore' | 'cold') => void;
}

/** The terminals, under the start panel until a shell answers, or under what went wrong. */
export function TerminalStage({
  machine,
  machines,
  failure,
  shellOpen,
  onShell,
  onLink,
  onRetry,
}: TerminalStageProps) {
  const state = useMachineState(machine);
  const covered = failure !== undefined || !shellOpen;
  return (
    <div className={styles['stage']}>
      <div className={styles['fill']} inert={covered}>
        {machine && (
          <Suspense>
            <TerminalRegion
              machine={machine}
              machines={machines}
              covered={covered}
              onLink={onLink}
              onFirstShell={onShell}
            />
          </Suspense>
        )}
      </div>
      {failure ? (
        <FailureCard
          failure={failure}
          onRetry={() => onRetry('restore')}
          onColdBoot={machine ? () => onRetry('cold') : undefined}
        />
      ) : (
        covered && (
          <StartPanel
            key={machineKey(machine)}
            progress={state?.kind === 'starting' ? state.progress : undefined}
            started={state?.kind === 'running'}
          />
        )
      )}
    </div>
  );
}
