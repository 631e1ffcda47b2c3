import type { ClosableEtcd, EtcdHost } from '../../api/etcd.ts';
import { EtcdError } from '../../api/etcd.ts';
import type { Clock } from '../../base/clock.ts';
import { connectPort, connectWorker, type RpcClient } from '../../rpc/rpc-client.ts';
import { RpcError } from '../../rpc/rpc-error.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';
import { EtcdLife, RemoteEtcd, stoppedIfGone } from './remote-etcd.ts';

/** A worker that keeps dying within this time, this often, is given up. */
const PATIENCE_MS = 60_000;
const MOST_RESTARTS = 5;

export interface EtcdKeeperOptions {
  readonly spawn: () => WorkerLink;
  /** of what is kept */
  readonly name: string;
  /** a keeper that was ended had it before */
  readonly again?: boolean;
  readonly clock: Clock;
}

/** An etcd in a worker that is started anew when it dies. */
export class EtcdKeeper extends RemoteEtcd {
  readonly #options: EtcdKeeperOptions;
  readonly #deaths: number[] = [];
  #life: Promise<EtcdLife> | undefined;
  #closed = false;

  constructor(options: EtcdKeeperOptions) {
    super();
    this.#options = options;
  }

  /** @throws what `EtcdHost.open` throws; the keeper starts no other worker if the first one does */
  async start(): Promise<void> {
    await this.running();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const life = await this.#life?.catch(() => undefined);
    await life?.etcd.close().catch(() => {});
    await life?.end();
  }

  protected running(): Promise<EtcdLife> {
    if (this.#closed) return Promise.reject(new EtcdError('STOPPED'));
    this.#life ??= this.#begin();
    return this.#life;
  }

  async #begin(): Promise<EtcdLife> {
    let life: EtcdLife | undefined;
    let disconnect = (): void => {};
    const again = this.#options.again === true || this.#deaths.length > 0;
    let refused = false;
    let client: RpcClient<EtcdHost> | undefined;
    try {
      client = await connectWorker<EtcdHost>(this.#options.spawn());
      client.onDeath((error) => {
        disconnect();
        if (!refused) this.#died(error, life);
      });
      const port = await client.service.open(this.#options.name, again);
      const connection = connectPort<ClosableEtcd>(port);
      disconnect = () => connection.dispose();
      const { dispose } = client;
      life = new EtcdLife(connection.service, () => dispose());
      return life;
    } catch (error) {
      // A first worker that says why it cannot serve would say so again.
      refused = !again && !(error instanceof RpcError);
      await client?.dispose();
      throw stoppedIfGone(error);
    }
  }

  #died(error: Error, life: EtcdLife | undefined): void {
    if (this.#closed) return;
    const now = this.#options.clock.monotonic();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((time) => now - time < PATIENCE_MS);
    this.#life =
      recent.length <= MOST_RESTARTS ? this.#begin() : Promise.reject(stoppedIfGone(error));
    // Whoever calls next is told.
    this.#life.catch(() => {});
    life?.over();
  }
}
