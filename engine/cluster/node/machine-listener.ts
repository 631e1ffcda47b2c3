import type { Connection } from '../../api/kube-apiserver.ts';
import type { AgentStreams } from '../../api/agent.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { serveHttp, type HttpHandler } from '../../http/index.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { Observable } from '../observable.ts';
import type { ClusterNode } from './cluster-node.ts';

export interface MachineListenerOptions {
  readonly node: ClusterNode;
  /** whether there is somebody who answers; nothing listens while there is not */
  readonly served: Observable<boolean>;
  /** IP address and port in the machine */
  readonly address: string;
  /** with which it serves over TLS, and asks clients for theirs; it serves in plain text when absent */
  readonly certificate?: Promise<KeyPair>;
  /** who answers on a connection, which is cut when this rejects */
  readonly handler: (connection: Connection) => Promise<HttpHandler>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** kube-apiserver's, in milliseconds: `IdleTimeout` and `ReadHeaderTimeout` of its HTTP server. */
const IDLE_TIMEOUT_MS = 90_000;
const HEAD_TIMEOUT_MS = 32_000;

type StopListening = () => Promise<void>;

/**
 * A server of ours inside a node's machine, as long as it serves. Connections are real ones of the machine's
 * kernel, and end in the agent.
 */
export class MachineListener implements Disposable {
  readonly #options: MachineListenerOptions;
  readonly #owned = new DisposableStore();
  /** the machine it listens in, and how to end that */
  #listening: { readonly machine: object; readonly stop: Promise<StopListening> } | undefined;

  constructor(options: MachineListenerOptions) {
    this.#options = options;
    const { served, node } = options;
    this.#owned.add({ dispose: served.observe(() => this.#update()) });
    this.#owned.add({ dispose: node.view.observe(() => this.#update()) });
    this.#update();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#stop();
  }

  #update(): void {
    const { served, node, onError } = this.#options;
    const machine = node.isAlive ? node.machine : undefined;
    // A machine that stands still listens on.
    if (node.view.value.machine.kind === 'paused' && served.value) return;
    if (served.value && machine !== undefined && machine === this.#listening?.machine) return;
    this.#stop();
    if (!served.value || machine === undefined) return;
    const stop = this.#listen();
    stop.catch(onError);
    this.#listening = { machine, stop };
  }

  async #listen(): Promise<StopListening> {
    const { node, address, certificate } = this.#options;
    const [agent, keys] = await Promise.all([node.machine.agent(), certificate]);
    const tls: AgentStreams['listen']['request']['tls'] =
      keys === undefined ? undefined : { ...keys, requestClientCertificate: true };
    return agent.listen(
      { network: 'tcp', address, ...(tls === undefined ? {} : { tls }) },
      async (remote, stream, clientCertificates) => {
        const { handler: handlerOf, clock, onError } = this.#options;
        const remoteAddress = remote.replace(/:\d+$/, '');
        const handler = await handlerOf({ remoteAddress, clientCertificates });
        void serveHttp(stream, handler, {
          now: () => clock.now(),
          patience: { clock, idle: IDLE_TIMEOUT_MS, head: HEAD_TIMEOUT_MS },
          onError,
        });
      },
    );
  }

  #stop(): void {
    // A machine that has gone does not answer.
    this.#listening?.stop.then((stop) => stop()).catch(() => {});
    this.#listening = undefined;
  }
}
