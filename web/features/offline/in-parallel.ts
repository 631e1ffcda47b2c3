/**
 * Works on all items, so many at a time, in their order. The first failure aborts what the others are at, and is thrown
 * once none works any more: nothing is heard of them afterwards.
 */
export async function inParallel<T>(
  items: readonly T[],
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const rest = items.values();
  const workers = Array.from({ length: atOnce }, async () => {
    for (const item of rest) {
      either.throwIfAborted();
      await work(item, either);
    }
  });
  try {
    await Promise.all(workers);
  } catch (error) {
    failure.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}
