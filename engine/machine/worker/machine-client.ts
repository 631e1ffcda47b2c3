import type { MachineOptions, MachineProgress, MachineService } from '../../api/machine.ts';
import type { Event } from '../../base/emitter.ts';
import { connectWorker } from '../../rpc/rpc-client.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';
import '../machine-error.ts';

/** A machine in a worker of its own, from its owner's side. */
export interface MachineClient {
  readonly service: MachineService;
  /** Fires once when the worker ends by itself or by `destroy`; whatever is pending rejects. */
  readonly onDeath: Event<Error>;
  /** A way for another worker to the same machine: transfer the port and use `connectMachine` there. */
  openPort(): Promise<MessagePort>;
  /** Stops the machine and frees its memory by ending its worker. */
  destroy(): Promise<void>;
}

/** Calls whose length is the host's business; all others may take as long as the guest does. */
const DEADLINES: Readonly<Record<string, number>> = {
  metrics: 10_000,
  publishTree: 60_000,
  withdrawTree: 10_000,
};

/**
 * Starts a machine in the worker behind `link`. When the start fails the worker is ended. A start
 * can be given up by `signal`.
 */
export async function startMachine(
  link: WorkerLink,
  options: MachineOptions,
  onProgress: (progress: MachineProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<MachineClient> {
  const client = await connectWorker<MachineService>(link, {
    deadline: (method) => DEADLINES[method],
  });
  return startIn(
    {
      service: client.service,
      onDeath: client.onDeath,
      openPort: () => client.openPort(),
      destroy: () => client.dispose(),
    },
    options,
    onProgress,
    signal,
  );
}

/** The same in the worker of a machine that runs: its place is taken. */
export async function startIn(
  client: MachineClient,
  options: MachineOptions,
  onProgress: (progress: MachineProgress) => void,
  signal?: AbortSignal,
): Promise<MachineClient> {
  const giveUp = (): void => void client.destroy();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    signal?.throwIfAborted();
    await client.service.start(options, onProgress);
  } catch (error) {
    await client.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return client;
}
