import type { ControllersConfiguration, OpenApi } from '../api/controllers.ts';
import type { HttpService } from '../api/http-service.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { uuid } from '../base/uuid.ts';
import { Client } from '../client/client.ts';
import { LeaderElector } from '../client/leader-elector.ts';
import type { ControllerDescriptor } from '../controllers/controller.ts';
import { ControllerManager } from '../controllers/controller-manager.ts';
import { handlerOver } from '../http/index.ts';
import { connectPort } from '../rpc/rpc-client.ts';

export interface ControllersProcessOptions {
  /** such as `kube-controller-manager`; its lease has the same name */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown) => void;
  /** takes what it does, in words */
  readonly onInfo?: (message: string) => void;
}

export interface ControllersWork {
  readonly openApi: OpenApi;
  readonly descriptors: readonly ControllerDescriptor[];
  readonly configuration: ControllersConfiguration;
}

/** Runs controllers as long as it leads, and stands again when it leads no longer. */
export class ControllersProcess {
  readonly #options: ControllersProcessOptions;
  #stop: (() => Promise<void>) | undefined;

  constructor(options: ControllersProcessOptions) {
    this.#options = options;
  }

  /** Begins once. @param owned disposed when it has ended @throws UnknownControllerError */
  async start(work: ControllersWork, ...owned: readonly Disposable[]): Promise<void> {
    if (this.#stop !== undefined) throw new Error(`${this.#options.name} runs already.`);
    const store = new DisposableStore();
    for (const each of owned) store.add(each);
    try {
      this.#stop = await this.#begin(work, store);
    } catch (error) {
      store.dispose();
      throw error;
    }
  }

  /** Resolves when nothing is done any more and another one may lead. */
  async stop(): Promise<void> {
    await this.#stop?.();
    this.#stop = undefined;
  }

  async #begin(work: ControllersWork, owned: DisposableStore): Promise<() => Promise<void>> {
    const { name, ...common } = this.#options;
    const { openApi, descriptors, configuration } = work;
    const clientOf = async (account?: string): Promise<Client> => {
      const connection = owned.add(connectPort<HttpService>(await openApi(account)));
      return new Client({
        transport: handlerOver(connection.service),
        clock: common.clock,
        userAgent: account === undefined ? `${name}/v1.37.2` : `${name}/v1.37.2 (${account})`,
      });
    };
    const client = await clientOf();
    const clients = new Map<string, Client>();
    for (const { account } of descriptors)
      if (account !== undefined && !clients.has(account))
        clients.set(account, await clientOf(account));
    const manager = new ControllerManager({
      ...common,
      descriptors,
      configuration,
      clientOf: (account) => (account === undefined ? undefined : clients.get(account)) ?? client,
    });
    const elector = new LeaderElector({
      ...common,
      client,
      lease: { namespace: 'kube-system', name },
      identity: `${configuration.hostName}_${uuid(common.random)}`,
      releaseOnCancel: true,
    });
    const { onInfo = () => {} } = this.#options;
    const ending = new AbortController();
    onInfo(`Attempting to acquire leader lease kube-system/${name}...`);
    const ended = elector.standAgain(ending.signal, (leading) => {
      onInfo(`Successfully acquired lease kube-system/${name}`);
      for (const descriptor of manager.enabled) onInfo(`Started controller "${descriptor}"`);
      return manager.run(leading);
    });
    return async () => {
      ending.abort();
      await ended;
      owned.dispose();
    };
  }
}
