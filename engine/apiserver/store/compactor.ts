import type { Etcd } from '../../api/etcd.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { isCompacted } from './object-storage.ts';

const KEY = 'compact_rev_key';
/** Milliseconds (`--etcd-compaction-interval`) */
const INTERVAL_MS = 5 * 60 * 1000;

/**
 * Lets etcd forget what is older than five minutes, as upstream's `etcd3/compact.go` does. Of
 * several API servers one compacts in each round: whoever finds the key as it left it. A server
 * only compacts what it has seen itself an interval ago.
 */
export class Compactor implements Disposable {
  readonly #etcd: Etcd;
  readonly #stop = new AbortController();
  /** version of the key, as far as is known: which round it is */
  #round = 0;
  /** etcd's revision an interval ago */
  #revision = 0;

  constructor(etcd: Etcd, clock: Clock, onError: (error: unknown) => void) {
    this.#etcd = etcd;
    void this.#run(clock, onError);
  }

  dispose(): void {
    this.#stop.abort();
  }

  async #run(clock: Clock, onError: (error: unknown) => void): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await sleep(clock, INTERVAL_MS, signal).catch(() => {});
      if (signal.aborted) return;
      await this.#compact().catch((error: unknown) => {
        if (!isCompacted(error) && !signal.aborted) onError(error);
      });
    }
  }

  async #compact(): Promise<void> {
    const revision = this.#revision;
    const value = new TextEncoder().encode(String(revision));
    const { succeeded, responses, header } = await this.#etcd.txn({
      compare: [{ key: KEY, target: 'VERSION', version: this.#round, result: 'EQUAL' }],
      success: [{ requestPut: { key: KEY, value } }],
      failure: [{ requestRange: { key: KEY } }],
    });
    this.#revision = header.revision;
    const [found] = responses;
    if (found !== undefined && 'responseRange' in found)
      this.#round = found.responseRange.kvs[0]?.version ?? 0;
    if (!succeeded) return;
    this.#round++;
    // In its first round it does not know yet what is old.
    if (revision > 0) await this.#etcd.compact({ revision });
  }
}
