/** The contract of the worker that holds the Docker engine of one machine. */
import type { ByteStream } from './byte-stream.ts';
import type { OpenPort } from './lab.ts';

export interface DockerEngineOptions {
  /** name of the machine: its images are kept under it */
  readonly machine: string;
  /** absolute URL, ending in a slash, of the folder that holds `guest/`; the origin's root when absent. Node reads files instead. */
  readonly artifacts?: string;
}

export interface DockerEngineService {
  /**
   * Takes the engine up beside a machine; `port` leads to its `MachineService`. Resolves when
   * `/var/run/docker.sock` answers in the machine. Called once.
   */
  start(port: MessagePort, options: DockerEngineOptions): Promise<void>;
  /** Tells the published ports at once and at every change, for as long as the worker lives. */
  watchPorts(onPorts: (ports: readonly OpenPort[]) => void): Promise<void>;
  /** A connection to the API past the machine: HTTP/1.1 with Docker's upgrades. */
  connect(): Promise<ByteStream>;
  /** Writes what the engine knows of its containers to the machine's disk, before the machine is saved. */
  flush(): Promise<void>;
  /** Stops serving; containers go on. */
  stop(): Promise<void>;
}
