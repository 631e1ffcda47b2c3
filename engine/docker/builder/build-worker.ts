/** Builds with big contexts run in a worker of their own, so that the engine answers terminals meanwhile. */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { connectPort, connectWorker, exposeOnPort } from '../../rpc/rpc-client.ts';
import { registerErrorClass } from '../../rpc/error-codec.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';
import { StoredContent } from '../../runtime/content-store.ts';
import { LayerStore } from '../../runtime/images/layer-store.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import type { Storage } from '../../storage/storage.ts';
import { ApiError } from '../api/api-error.ts';
import { BuildError } from './build-error.ts';
import { buildImage } from './build-image.ts';
import type { BuildHost, BuildOptions, WriteMessage } from './build-types.ts';

registerErrorClass('ApiError', ApiError);
registerErrorClass('BuildError', BuildError);
registerErrorClass('RuntimeError', RuntimeError);

/** The service of the worker. */
export interface BuildWorker {
  /** Rejects as `buildImage` does. @param host leads to a `BuildHost` @param storage to the engine's `Storage` */
  build(
    host: MessagePort,
    storage: MessagePort,
    context: ReadableStream<Uint8Array>,
    options: BuildOptions,
    write: WriteMessage,
  ): Promise<void>;
  /** The build ends after its step. */
  cancel(): Promise<void>;
}

/** The worker's side. */
export class HostedBuild implements BuildWorker {
  readonly #tools: { readonly clock: Clock; readonly random: Random };
  readonly #stop = new AbortController();

  constructor(tools: { readonly clock: Clock; readonly random: Random }) {
    this.#tools = tools;
  }

  async build(
    hostPort: MessagePort,
    storagePort: MessagePort,
    context: ReadableStream<Uint8Array>,
    options: BuildOptions,
    write: WriteMessage,
  ): Promise<void> {
    const host = connectPort<BuildHost>(hostPort).service;
    const storage = connectPort<Storage>(storagePort).service;
    const layers = new LayerStore(storage, new StoredContent(storage));
    // Messages go out in order; the last of them must have arrived when this is over.
    let written = Promise.resolve();
    const send: WriteMessage = (message) => {
      written = written.then(() => write(message));
    };
    const { signal } = this.#stop;
    try {
      await buildImage({ host, layers, ...this.#tools }, context, { ...options, signal }, send);
    } finally {
      await written;
    }
  }

  cancel(): Promise<void> {
    this.#stop.abort(new Error('context canceled'));
    return Promise.resolve();
  }
}

/** Runs one build in a worker, which ends with it. */
export async function buildInWorker(
  spawn: () => WorkerLink,
  engine: { readonly host: BuildHost; readonly storage: Storage },
  context: ReadableStream<Uint8Array>,
  { signal, ...options }: BuildOptions,
  write: WriteMessage,
): Promise<void> {
  const client = await connectWorker<BuildWorker>(spawn());
  const cancel = (): void => void client.service.cancel().catch(() => {});
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    await client.service.build(
      exposeOnPort(engine.host),
      exposeOnPort(engine.storage),
      context,
      options,
      write,
    );
  } finally {
    signal?.removeEventListener('abort', cancel);
    await client.dispose();
  }
}
