import type { LoggedComponent } from '../../api/component.ts';
import { connectWorker, type RpcClient } from '../../rpc/rpc-client.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';

/** Starts workers for a component. One loads ahead of its need, so that the first is there at once. */
export class ComponentWorkers<Contract> {
  readonly #spawn: () => WorkerLink;
  #spare: Promise<RpcClient<Contract & LoggedComponent>> | undefined;

  constructor(spawn: () => WorkerLink) {
    this.#spawn = spawn;
  }

  /** Loads one now. */
  prepare(): void {
    this.#spare ??= this.#start();
  }

  take(): Promise<RpcClient<Contract & LoggedComponent>> {
    const worker = this.#spare ?? this.#start();
    this.#spare = undefined;
    return worker;
  }

  /** Ends one that nobody took. */
  dispose(): void {
    this.#spare?.then(
      (client) => client.dispose(),
      () => {},
    );
    this.#spare = undefined;
  }

  #start(): Promise<RpcClient<Contract & LoggedComponent>> {
    const worker = connectWorker<Contract & LoggedComponent>(this.#spawn());
    // Who takes it is told.
    worker.catch(() => {});
    return worker;
  }
}
