import { sleep, type Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { Backoff } from '../client/backoff.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { RpcError } from '../rpc/rpc-error.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { WorkerKeeper } from './worker-keeper.ts';

export interface KeptComponentOptions<Contract> {
  /** for people, such as `kube-scheduler` */
  readonly name: string;
  readonly spawn: () => WorkerLink;
  /** what a new worker is told first */
  readonly begin: (service: Contract) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** told of each death, and of starts that fail */
  readonly onError: (error: unknown) => void;
  /** its worker may die before it has begun for the first time: it is started again then as well */
  readonly mayDieAtOnce?: boolean;
  /** ends the wait for a worker that is to be started again */
  readonly signal?: AbortSignal;
}

/** Milliseconds before a worker is started again: longer each time, as the kubelet does it. */
const BACKOFF = { initial: 500, most: 300_000, reset: 600_000 };

/**
 * A component of the control plane in a worker that is started again when it dies. What it knew is in
 * the API server, so nothing else has to be brought back.
 */
export class KeptComponent<Contract> {
  readonly #options: KeptComponentOptions<Contract>;
  readonly #keeper: WorkerKeeper<Contract>;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  #client: RpcClient<Contract>;

  private constructor(
    options: KeptComponentOptions<Contract>,
    keeper: WorkerKeeper<Contract>,
    backoff: Backoff,
    client: RpcClient<Contract>,
  ) {
    this.#options = options;
    this.#keeper = keeper;
    this.#backoff = backoff;
    this.#client = client;
    this.#follow(client);
  }

  /** Resolves when it has begun; fails when its first start does, or with the signal's reason. */
  static async start<Contract>(
    options: KeptComponentOptions<Contract>,
  ): Promise<KeptComponent<Contract>> {
    const { clock, mayDieAtOnce = false, signal, onError } = options;
    const keeper = new WorkerKeeper<Contract>(options.spawn, options.begin);
    const backoff = new Backoff({ ...options, ...BACKOFF });
    for (;;) {
      try {
        return new KeptComponent(options, keeper, backoff, await keeper.running());
      } catch (error) {
        const died = error instanceof RpcError && error.code === 'DISCONNECTED';
        if (!mayDieAtOnce || !died) throw error;
        signal?.throwIfAborted();
        onError(error);
        await sleep(clock, backoff.next(), signal);
      }
    }
  }

  /** Of the worker that runs; calls fail while there is none. */
  get service(): RpcClient<Contract>['service'] {
    return this.#client.service;
  }

  /** @param end what the worker is told last */
  async close(end?: (service: Contract) => Promise<void>): Promise<void> {
    this.#closing.abort();
    await this.#keeper.close(end);
  }

  #follow(client: RpcClient<Contract>): void {
    this.#client = client;
    client.onDeath((cause) => {
      if (this.#closing.signal.aborted) return;
      const { name, onError } = this.#options;
      onError(new Error(`${name} has ended and is started again.`, { cause }));
      void this.#startAgain();
    });
  }

  async #startAgain(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await sleep(this.#options.clock, this.#backoff.next(), signal).catch(() => {});
      if (signal.aborted) return;
      try {
        this.#follow(await this.#keeper.running());
        return;
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }
}
