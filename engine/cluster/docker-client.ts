import type { DockerEngineOptions, DockerEngineService } from '../api/docker-engine.ts';
import type { Event } from '../base/emitter.ts';
import type { MachineClient } from '../machine/client/machine-client.ts';
import { connectWorker } from '../rpc/rpc-client.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** The Docker engine of a machine, in a worker of its own, from its owner's side. */
export interface DockerClient {
  readonly service: DockerEngineService;
  /** Fires once when the worker ends. */
  readonly onDeath: Event<Error>;
  /** Ends the engine's worker. Containers go on. */
  dispose(): Promise<void>;
}

/** Starts the engine in the worker behind `link` beside a running machine. Resolves when `docker` works in the machine. */
export async function startDocker(
  link: WorkerLink,
  machine: Pick<MachineClient, 'openPort'>,
  options: DockerEngineOptions,
): Promise<DockerClient> {
  const client = await connectWorker<DockerEngineService>(link);
  try {
    await client.service.start(await machine.openPort(), options);
  } catch (error) {
    await client.dispose();
    throw error;
  }
  return { service: client.service, onDeath: client.onDeath, dispose: () => client.dispose() };
}
