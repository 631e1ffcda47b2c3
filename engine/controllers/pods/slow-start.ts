/**
 * Makes `count` calls in batches that double, beginning with `initial`, and stops after a batch in which
 * one failed: what cannot work is not tried hundreds of times (upstream's `slowStartBatch`).
 * @param initial `SlowStartInitialBatchSize` of upstream
 */
export async function slowStart(
  count: number,
  call: (index: number) => Promise<void>,
  initial = 1,
): Promise<{
  readonly succeeded: number;
  /** the first that failed, as `[error]`: anything may be thrown */
  readonly failed: readonly [unknown] | undefined;
}> {
  let succeeded = 0;
  for (let begun = 0, size = initial; begun < count; size *= 2) {
    const batch = Math.min(size, count - begun);
    const from = begun;
    const results = await Promise.allSettled(
      Array.from({ length: batch }, (_, index) => call(from + index)),
    );
    begun += batch;
    const rejected = results.filter((result) => result.status === 'rejected');
    succeeded += batch - rejected.length;
    const [first] = rejected;
    if (first !== undefined) return { succeeded, failed: [first.reason] };
  }
  return { succeeded, failed: undefined };
}
