import type { EtcdHost } from '../../api/etcd.ts';
import { EtcdError } from '../../api/etcd.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { openEtcd, type EtcdServer } from '../../etcd/etcd-server.ts';
import { registerErrorClass } from '../../rpc/error-codec.ts';
import { connectPort, exposeOnPort } from '../../rpc/rpc-client.ts';
import { storageOver, type StorageService } from '../../storage/storage-port.ts';
import type { Storage } from '../../storage/storage.ts';
import type { ComponentLog } from '../component-log.ts';

registerErrorClass('EtcdError', EtcdError);

export interface HostedEtcdOptions {
  /** what the host keeps under a name */
  readonly openStorage: (name: string, again: boolean) => Promise<Storage>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ComponentLog;
}

/** An etcd, as its worker offers it. */
export class HostedEtcd implements EtcdHost {
  readonly #options: HostedEtcdOptions;
  #serving: EtcdServer | undefined;

  constructor(options: HostedEtcdOptions) {
    this.#options = options;
  }

  async open(name: string, again: boolean): Promise<MessagePort> {
    return exposeOnPort(await this.#open(await this.#options.openStorage(name, again)));
  }

  async serve(storage: MessagePort): Promise<void> {
    const { log } = this.#options;
    this.#serving = await this.#open(storageOver(connectPort<StorageService>(storage).service));
    log.info('ready to serve client requests');
  }

  connect(): Promise<MessagePort> {
    if (this.#serving === undefined) throw new Error('The etcd was not started.');
    return Promise.resolve(exposeOnPort(this.#serving));
  }

  #open(storage: Storage): Promise<EtcdServer> {
    const { clock, random, log } = this.#options;
    return openEtcd({ storage, clock, random, onError: log.error });
  }
}
