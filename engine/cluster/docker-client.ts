import type { DockerEngineOptions, DockerEngineService } from '../api/docker-engine.ts';
import type { Event } from '../base/emitter.ts';
import type { SavedMachine } from '../api/machine.ts';
import type { MachineClient } from '../machine/worker/machine-client.ts';
import { connectWorker, type RpcClient } from '../rpc/rpc-client.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import type { HubKeeper } from './hub-keeper.ts';

/** The Docker engine of a machine, in a worker of its own, from its owner's side. */
export interface DockerClient {
  readonly service: DockerEngineService;
  /** Fires once when the worker ends. */
  readonly onDeath: Event<Error>;
  /** Ends the engine's worker. Containers go on. */
  dispose(): Promise<void>;
}

/** Speaks to the worker behind `link` once it has loaded. */
export function connectDocker(link: WorkerLink): Promise<RpcClient<DockerEngineService>> {
  return connectWorker<DockerEngineService>(link);
}

/**
 * Starts the engine in a worker beside a running machine. Resolves when `docker` works in the machine.
 * @param signal ends the worker, also while it starts: a machine that is gone answers it no more
 */
export async function startDocker(
  worker: Promise<RpcClient<DockerEngineService>>,
  machine: Pick<MachineClient, 'openPort'>,
  options: DockerEngineOptions,
  hub: Pick<HubKeeper, 'openPort'>,
  signal?: AbortSignal,
): Promise<DockerClient> {
  const client = await worker;
  signal?.addEventListener('abort', () => void client.dispose(), { once: true });
  try {
    signal?.throwIfAborted();
    await client.service.start(await machine.openPort(), options, () => hub.openPort());
  } catch (error) {
    await client.dispose();
    throw error;
  }
  return { service: client.service, onDeath: client.onDeath, dispose: () => client.dispose() };
}

/** A running machine with the images of its engine, if it has one. */
export async function saveMachine(
  machine: Pick<MachineClient, 'service'>,
  docker: Pick<DockerClient, 'service'> | undefined,
): Promise<SavedMachine> {
  await docker?.service.flush();
  const saved = await machine.service.save();
  const images = await docker?.service.saveImages();
  return images === undefined ? saved : { ...saved, images };
}
