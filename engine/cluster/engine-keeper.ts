import type { ByteStream } from '../api/byte-stream.ts';
import type { DockerEngineOptions, DockerEngineService } from '../api/docker-engine.ts';
import type { EngineState, OpenPort } from '../api/lab.ts';
import type { MachineClient } from '../machine/worker/machine-client.ts';
import { RpcError } from '../rpc/rpc-error.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { connectDocker, startDocker, type DockerClient } from './docker-client.ts';
import type { HubKeeper } from './hub-keeper.ts';
import type { LabHost } from './lab-host.ts';
import { Observable } from './observable.ts';

/** An engine whose worker keeps dying within this time, this often, is given up. */
const PATIENCE_MS = 60_000;
const MOST_RESTARTS = 3;

/** Keeps a Docker engine beside a machine: starts it, and starts it anew when its worker dies. */
export class EngineKeeper {
  readonly state = new Observable<EngineState>({ kind: 'absent' });
  readonly ports = new Observable<readonly OpenPort[]>([]);
  readonly #host: LabHost;
  readonly #hub: HubKeeper;
  readonly #options: Omit<DockerEngineOptions, 'images'>;
  readonly #restarts: number[] = [];
  /** of a saved or a new machine, until the first engine has taken them */
  #images: DockerEngineOptions['images'];
  /** one that has not begun */
  #worker: Promise<RpcClient<DockerEngineService>> | undefined;
  #client: DockerClient | undefined;
  readonly #closing = new AbortController();

  /** Its worker loads at once, so that it is there when the machine is. */
  constructor(host: LabHost, hub: HubKeeper, { images, ...options }: DockerEngineOptions) {
    this.#images = images;
    this.#host = host;
    this.#hub = hub;
    this.#options = options;
    this.#worker = this.#spawn();
  }

  /** Beside a machine that runs. Never rejects: `state` tells how it went. */
  async start(machine: MachineClient): Promise<void> {
    this.state.set({ kind: 'starting' });
    try {
      const options = {
        ...this.#options,
        ...(this.#images === undefined ? {} : { images: this.#images }),
      };
      const { signal } = this.#closing;
      const worker = this.#worker ?? this.#spawn();
      this.#worker = undefined;
      const client = await startDocker(worker, machine, options, this.#hub, signal);
      this.#images = undefined;
      this.#client = client;
      await client.service.watchPorts((ports) => {
        if (!this.#isClosed) this.ports.set(ports);
      });
      client.onDeath((error) => void this.#died(error, machine));
      this.state.set({ kind: 'ready' });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (error instanceof RpcError && error.code === 'DISCONNECTED')
        await this.#died(error, machine);
      else if (!this.#isClosed) this.state.set({ kind: 'failed', error });
    }
  }

  /** For a machine that is about to be saved: its disk then knows its containers. Waits for an engine that is starting. */
  async flush(): Promise<void> {
    await this.#settled();
    if (this.state.value.kind === 'ready') await this.#client?.service.flush();
  }

  /** A connection to the engine's API; undefined when there is no engine. Waits for one that is starting. */
  async connect(): Promise<ByteStream | undefined> {
    await this.#settled();
    return this.state.value.kind === 'ready' ? this.#client?.service.connect() : undefined;
  }

  /** Undefined when there is no engine to ask. */
  async saveImages(): Promise<Blob | undefined> {
    return this.state.value.kind === 'ready' ? this.#client?.service.saveImages() : undefined;
  }

  /** For a machine that is about to end. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.dispose();
    void this.#worker?.then(
      (worker) => worker.dispose(),
      () => {},
    );
    this.ports.set([]);
    this.state.set({ kind: 'absent' });
  }

  /** Resolves when the engine is not starting. */
  async #settled(): Promise<void> {
    await this.state.until(({ kind }) => kind !== 'starting');
  }

  #spawn(): Promise<RpcClient<DockerEngineService>> {
    const worker = connectDocker(this.#host.spawnDocker());
    // Who starts it is told.
    worker.catch(() => {});
    return worker;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #died(error: Error, machine: MachineClient): Promise<void> {
    if (this.#isClosed) return;
    const now = this.#host.clock.monotonic();
    this.#restarts.push(now);
    const recent = this.#restarts.filter((time) => now - time < PATIENCE_MS);
    if (recent.length > MOST_RESTARTS) this.state.set({ kind: 'failed', error });
    else await this.start(machine);
  }
}
