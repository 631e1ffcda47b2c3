import { EtcdError, type ClosableEtcd } from '../../api/etcd.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import { EtcdLife, RemoteEtcd } from './remote-etcd.ts';

/** An etcd that somebody else starts and ends. Calls wait for the first, and fail while there is none later. */
export class SwitchedEtcd extends RemoteEtcd {
  #life: Promise<EtcdLife>;
  #begin: (life: EtcdLife) => void = () => {};
  #current: EtcdLife | undefined;

  constructor() {
    super();
    this.#life = new Promise((resolve) => (this.#begin = resolve));
  }

  /** @param port leads to a `ClosableEtcd` */
  connect(port: MessagePort): void {
    this.lose();
    const connection = connectPort<ClosableEtcd>(port);
    const life = new EtcdLife(connection.service, () => {
      connection.dispose();
      return Promise.resolve();
    });
    this.#current = life;
    this.#begin(life);
    this.#life = Promise.resolve(life);
  }

  lose(): void {
    if (this.#current === undefined) return;
    void this.#current.end();
    this.#life = Promise.reject(new EtcdError('STOPPED'));
    // Whoever calls next is told.
    this.#life.catch(() => {});
    this.#current.over();
    this.#current = undefined;
  }

  close(): Promise<void> {
    this.lose();
    return Promise.resolve();
  }

  protected running(): Promise<EtcdLife> {
    return this.#life;
  }
}
