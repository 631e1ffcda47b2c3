import type { EngineState, OpenPort } from '../api/lab.ts';
import type { MachineClient } from '../machine/client/machine-client.ts';
import { startDocker, type DockerClient } from './docker-client.ts';
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
  readonly #machine: MachineClient;
  readonly #name: string;
  readonly #restarts: number[] = [];
  #client: DockerClient | undefined;
  #closed = false;

  constructor(host: LabHost, machine: MachineClient, name: string) {
    this.#host = host;
    this.#machine = machine;
    this.#name = name;
  }

  /** Never rejects: `state` tells how it went. */
  async start(): Promise<void> {
    this.state.set({ kind: 'starting' });
    const { artifacts } = this.#host;
    try {
      const client = await startDocker(this.#host.spawnDocker(), this.#machine, {
        machine: this.#name,
        ...(artifacts === undefined ? {} : { artifacts }),
      });
      if (this.#closed) {
        await client.dispose();
        return;
      }
      this.#client = client;
      client.onDeath((error) => this.#died(error));
      await client.service.watchPorts((ports) => {
        if (!this.#closed) this.ports.set(ports);
      });
      this.state.set({ kind: 'ready' });
    } catch (error) {
      if (!this.#closed)
        this.state.set({
          kind: 'failed',
          error: error instanceof Error ? error : new Error(String(error)),
        });
    }
  }

  /** For a machine that is about to be saved: its disk then knows its containers. */
  async flush(): Promise<void> {
    if (this.state.value.kind === 'ready') await this.#client?.service.flush();
  }

  /** For a machine that is about to end. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.dispose();
    this.ports.set([]);
    this.state.set({ kind: 'absent' });
  }

  #died(error: Error): void {
    if (this.#closed) return;
    const now = this.#host.clock.monotonic();
    this.#restarts.push(now);
    const recent = this.#restarts.filter((time) => now - time < PATIENCE_MS);
    if (recent.length > MOST_RESTARTS) this.state.set({ kind: 'failed', error });
    else void this.start();
  }
}
