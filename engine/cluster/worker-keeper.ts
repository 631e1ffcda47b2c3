import { connectWorker, type RpcClient } from '../rpc/rpc-client.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** A worker that starts when it is first needed, and anew when it is needed after it has died. */
export class WorkerKeeper<Contract> {
  readonly #spawn: () => WorkerLink;
  readonly #begin: (service: Contract, again: boolean) => Promise<void>;
  #client: Promise<RpcClient<Contract>> | undefined;
  #began = false;
  #closed = false;

  /** @param begin what a new worker is told first; `again`: an earlier one had begun */
  constructor(
    spawn: () => WorkerLink,
    begin: (service: Contract, again: boolean) => Promise<void>,
  ) {
    this.#spawn = spawn;
    this.#begin = begin;
  }

  /** @throws what `begin` throws; the next call tries again */
  running(): Promise<RpcClient<Contract>> {
    if (this.#closed) return Promise.reject(new Error('The lab is closed.'));
    this.#client ??= this.#start();
    return this.#client;
  }

  /** @param end what the worker is told last; it has ended all the same when that fails */
  async close(end?: (service: Contract) => Promise<void>): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    if (client === undefined) return;
    await end?.(client.service).catch(() => {});
    await client.dispose();
  }

  async #start(): Promise<RpcClient<Contract>> {
    const forget = (): void => void (this.#client = undefined);
    try {
      const client = await connectWorker<Contract>(this.#spawn());
      client.onDeath(forget);
      try {
        await this.#begin(client.service, this.#began);
        this.#began = true;
      } catch (error) {
        await client.dispose();
        throw error;
      }
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
