import type { WorkQueue } from '../client/queue/work-queue.ts';

/** Works on the keys of a queue, so many at a time, until the signal. A key that fails is tried again. */
export async function workOn(
  queue: WorkQueue,
  workers: number,
  signal: AbortSignal,
  sync: (key: string) => Promise<void>,
): Promise<void> {
  signal.addEventListener('abort', () => queue.dispose(), { once: true });
  if (signal.aborted) return;
  await queue.process(workers, sync);
}
