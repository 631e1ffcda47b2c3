import { Emitter } from '../../base/emitter.ts';
import type { ExitStatus } from '../../api/agent.ts';

interface Change {
  readonly kind: 'exited' | 'removed';
  readonly id: string;
  readonly exit: ExitStatus;
}

/** Who waits for containers to exit or to go. */
export class ContainerChanges {
  readonly #changes = new Emitter<Change>();

  tell(kind: Change['kind'], id: string, exit: ExitStatus): void {
    this.#changes.fire({ kind, id, exit });
  }

  /** The next such change of this container. Rejects with the signal's reason. */
  next(id: string, kind: Change['kind'], signal?: AbortSignal): Promise<ExitStatus> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        subscription.dispose();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = (): void => finish(() => reject(signal?.reason as Error));
      const subscription = this.#changes.event((change) => {
        if (change.id === id && change.kind === kind) finish(() => resolve(change.exit));
      });
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
