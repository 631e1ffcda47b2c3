import type { EngineServices } from '../api/engine-services.ts';
import { buildImage } from './build-image.ts';
import type { BuildHost, BuildOptions, WriteMessage } from './build-types.ts';
import { EngineBuildHost } from './engine-build-host.ts';

/** Builds in another worker; see `buildInWorker`. */
export type BuildElsewhere = (
  host: BuildHost,
  context: ReadableStream<Uint8Array>,
  options: BuildOptions,
  write: WriteMessage,
) => Promise<void>;

/** Bytes of a context that is worth a worker: below, starting one takes longer than the work. */
const BIG_CONTEXT = 4 * 1024 * 1024;

/** Builds here, or elsewhere when the context is big. Rejects as `buildImage` does. */
export async function startBuild(
  { context, buildElsewhere }: EngineServices,
  tar: ReadableStream<Uint8Array>,
  options: BuildOptions,
  write: WriteMessage,
): Promise<void> {
  const { runtime, clock, random } = context;
  const { images } = runtime;
  const host = new EngineBuildHost(context);
  try {
    const { stream, isBig } = await measure(tar);
    if (isBig && buildElsewhere !== undefined)
      return await buildElsewhere(host, stream, options, write);
    const layers = {
      add: images.addLayer.bind(images),
      tree: images.tree.bind(images),
    };
    await buildImage({ host, layers, clock, random }, stream, options, write);
  } finally {
    await host.close();
  }
}

/** Reads ahead until it is known whether a stream is big. */
async function measure(
  tar: ReadableStream<Uint8Array>,
): Promise<{ readonly stream: ReadableStream<Uint8Array>; readonly isBig: boolean }> {
  const reader = tar.getReader();
  const ahead: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (!ended && length < BIG_CONTEXT) {
    const { done, value } = await reader.read();
    ended = done;
    if (value === undefined) continue;
    ahead.push(value);
    length += value.length;
  }
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = ahead.shift() ?? (ended ? undefined : (await reader.read()).value);
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { stream, isBig: !ended };
}
