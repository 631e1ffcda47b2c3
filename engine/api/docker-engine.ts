/** The contract of the worker that holds the Docker engine of one machine. */
import type { BridgeSpec } from './agent.ts';
import type { ByteStream } from './byte-stream.ts';
import type { OpenPort } from './lab.ts';
import type { ProfileName } from './machine.ts';

/** Ours, beside the machine; or Debian's daemons in it, which keep their images themselves. */
export type DockerEngineKind = 'ported' | 'original';

/** The engine that machines of a profile have. */
export function dockerEngineOf(profile: ProfileName): DockerEngineKind | undefined {
  if (profile === 'docker') return 'ported';
  return profile === 'docker-reference' ? 'original' : undefined;
}

/** The bridge of Docker's network `bridge`. */
export const DEFAULT_BRIDGE = {
  name: 'docker0',
  address: '172.17.0.1/16',
} as const satisfies BridgeSpec;

export interface DockerEngineOptions {
  /** name of the machine: its images are kept under it */
  readonly machine: string;
  /**
   * what `saveImages` gave, the images of a saved machine: they replace those that are kept under its name.
   * `none`: those are forgotten
   */
  readonly images?: Blob | 'none';
  /** which engine the machine's profile has; ours when absent */
  readonly kind?: DockerEngineKind;
}

export interface DockerEngineService {
  /**
   * Takes the engine up beside a machine; `port` leads to its `MachineService`, and the ports that `openHub` gives to the
   * `HubService` of the lab. Resolves when `/var/run/docker.sock` answers in the machine. Called once.
   */
  start(
    port: MessagePort,
    options: DockerEngineOptions,
    openHub: () => Promise<MessagePort>,
  ): Promise<void>;
  /** Tells the published ports at once and at every change, for as long as the worker lives. */
  watchPorts(onPorts: (ports: readonly OpenPort[]) => void): Promise<void>;
  /** A connection to the API past the machine: HTTP/1.1 with Docker's upgrades. */
  connect(): Promise<ByteStream>;
  /** Writes what the engine knows of its containers to the machine's disk, before the machine is saved. */
  flush(): Promise<void>;
  /** Every image there is, in one piece. */
  saveImages(): Promise<Blob>;
  /** Stops serving; containers go on. */
  stop(): Promise<void>;
}
