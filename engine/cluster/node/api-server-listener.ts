import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { serveHttp } from '../../http/index.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { ControlPlaneLinks } from '../components/control-plane-links.ts';
import type { ClusterNode } from './cluster-node.ts';

export interface ApiServerListenerOptions {
  readonly links: ControlPlaneLinks;
  /** of the control plane */
  readonly node: ClusterNode;
  readonly certificate: Promise<KeyPair>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** kube-apiserver's, in milliseconds: `IdleTimeout` and `ReadHeaderTimeout` of its HTTP server. */
const IDLE_TIMEOUT_MS = 90_000;
const HEAD_TIMEOUT_MS = 32_000;
/** `--secure-port` */
const PORT = 6443;

type StopListening = () => Promise<void>;

/**
 * The API server inside its machine: TLS on all addresses, as long as an API server serves. Connections are
 * real ones of the machine's kernel, and end in the agent.
 */
export class ApiServerListener implements Disposable {
  readonly #options: ApiServerListenerOptions;
  readonly #owned = new DisposableStore();
  /** the machine it listens in, and how to end that */
  #listening: { readonly machine: object; readonly stop: Promise<StopListening> } | undefined;

  constructor(options: ApiServerListenerOptions) {
    this.#options = options;
    const { links, node } = options;
    this.#owned.add({ dispose: links.served.observe(() => this.#update()) });
    this.#owned.add({ dispose: node.view.observe(() => this.#update()) });
    this.#update();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#stop();
  }

  #update(): void {
    const { links, node, onError } = this.#options;
    const machine = node.isAlive ? node.machine : undefined;
    // A machine that stands still listens on.
    if (node.view.value.machine.kind === 'paused' && links.served.value) return;
    if (links.served.value && machine !== undefined && machine === this.#listening?.machine) return;
    this.#stop();
    if (!links.served.value || machine === undefined) return;
    const stop = this.#listen();
    stop.catch(onError);
    this.#listening = { machine, stop };
  }

  async #listen(): Promise<StopListening> {
    const { links, node, certificate, clock, onError } = this.#options;
    const [agent, { certificate: pem, key }] = await Promise.all([
      node.machine.agent(),
      certificate,
    ]);
    return agent.listen(
      {
        network: 'tcp',
        address: `0.0.0.0:${PORT}`,
        tls: { certificate: pem, key, requestClientCertificate: true },
      },
      (remote, stream, clientCertificates) => {
        const handler = links.handler({
          remoteAddress: remote.replace(/:\d+$/, ''),
          clientCertificates,
        });
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
