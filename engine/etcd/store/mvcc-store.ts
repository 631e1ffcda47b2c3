import { EtcdError, type KeyRange } from '../../api/etcd.ts';
import { boundsOf, orderKey } from './key-order.ts';
import { SortedMap } from './sorted-map.ts';
import { Version } from './version.ts';

const NOTHING = new Uint8Array();

/**
 * Every version of every key since the last compaction, as etcd's `storage/mvcc` keeps them: an
 * index from keys to their versions, and all versions in the order they were made. One revision
 * is one transaction that changed something; the store begins at revision 1.
 *
 * Purely a data structure: changes are made by `put` and `delete` and become a revision with
 * `commit`. Until then only reads with `now` see them.
 */
export class MvccStore {
  readonly #keys = new SortedMap<Version[]>();
  #log: Version[] = [];
  #pending: Version[] = [];
  #revision = 1;
  #compactRevision = -1;
  #size = 0;

  get revision(): number {
    return this.#revision;
  }

  /** Reads below it fail; -1 before the first compaction. */
  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** The revision that reads see which may see pending changes. */
  get now(): number {
    return this.#pending.length === 0 ? this.#revision : this.#revision + 1;
  }

  /** bytes of all versions */
  get size(): number {
    return this.#size;
  }

  /** All versions, by revision and order within it. Not to be kept: a compaction replaces it. */
  get log(): readonly Version[] {
    return this.#log;
  }

  /** @throws EtcdError `COMPACTED`, `FUTURE_REVISION` */
  checkRevision(revision: number): void {
    if (revision > this.#revision) throw new EtcdError('FUTURE_REVISION');
    if (revision < this.#compactRevision) throw new EtcdError('COMPACTED');
  }

  /** The version of `key` that was valid at `revision`; undefined when it did not exist. */
  get(key: string, revision = this.now): Version | undefined {
    const history = this.#keys.get(orderKey(key));
    return history === undefined ? undefined : validAt(history, revision);
  }

  /** Visits what was valid at `revision`, in order of keys, until `visit` says false. */
  scan(range: KeyRange, revision: number, visit: (version: Version) => boolean | void): void {
    const { low, high } = boundsOf(range);
    this.#keys.scan(low, high, (history) => {
      const version = validAt(history, revision);
      return version === undefined ? true : visit(version);
    });
  }

  put(key: string, value: Uint8Array, lease: number): void {
    const ordered = orderKey(key);
    const history = this.#keys.get(ordered);
    const before = history?.at(-1);
    const modRevision = this.#revision + 1;
    const exists = before !== undefined && !before.tombstone;
    const version = new Version(
      {
        // One string for all versions of a key.
        key: before?.key ?? key,
        value,
        createRevision: exists ? before.createRevision : modRevision,
        modRevision,
        version: exists ? before.version + 1 : 1,
        lease,
      },
      this.#pending.length,
    );
    if (history === undefined) this.#keys.set(ordered, [version]);
    else history.push(version);
    this.#pending.push(version);
  }

  /** Does nothing when there is no such key. */
  delete(key: string): void {
    const history = this.#keys.get(orderKey(key));
    const before = history?.at(-1);
    if (history === undefined || before === undefined || before.tombstone) return;
    const version = new Version(
      {
        key: before.key,
        value: NOTHING,
        createRevision: 0,
        modRevision: this.#revision + 1,
        version: 0,
        lease: 0,
      },
      this.#pending.length,
    );
    history.push(version);
    this.#pending.push(version);
  }

  /** Makes the pending changes a revision, unless there are none, and returns them. */
  commit(): readonly Version[] {
    const changes = this.#pending;
    if (changes.length === 0) return changes;
    this.#pending = [];
    this.#revision++;
    for (const version of changes) {
      this.#log.push(version);
      this.#size += version.size;
    }
    return changes;
  }

  /** Index into `log` of the first version made at or after `revision`. */
  firstSince(revision: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as Version).modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Forgets what was replaced or deleted at or before `revision`. A deletion made exactly then is
   * kept for watches that start there, as etcd does since 3.5.16.
   * @throws EtcdError `COMPACTED`, `FUTURE_REVISION`
   */
  compact(revision: number): void {
    if (revision <= this.#compactRevision) throw new EtcdError('COMPACTED');
    if (revision > this.#revision) throw new EtcdError('FUTURE_REVISION');
    this.#compactRevision = revision;
    const forgotten = new Set<Version>();
    const end = this.firstSince(revision + 1);
    for (let index = 0; index < end; index++) {
      const version = this.#log[index] as Version;
      const ordered = orderKey(version.key);
      const history = this.#keys.get(ordered);
      // A key that comes up again has nothing more to forget.
      if (history?.[0] !== version) continue;
      const valid = lastUpTo(history, revision);
      const last = history[valid] as Version;
      const cut = last.tombstone && last.modRevision < revision ? valid + 1 : valid;
      for (const old of history.splice(0, cut)) {
        forgotten.add(old);
        this.#size -= old.size;
      }
      if (history.length === 0) this.#keys.delete(ordered);
    }
    if (forgotten.size > 0) this.#log = this.#log.filter((version) => !forgotten.has(version));
  }

  /** Takes up what a snapshot had: versions as `log` gave them. */
  restore(revision: number, compactRevision: number, versions: Iterable<Version>): void {
    for (const version of versions) {
      const ordered = orderKey(version.key);
      const history = this.#keys.get(ordered);
      if (history === undefined) this.#keys.set(ordered, [version]);
      else history.push(version);
      this.#log.push(version);
      this.#size += version.size;
    }
    this.#revision = revision;
    this.#compactRevision = compactRevision;
  }
}

/** Index of the last version made at or before `revision`; -1 when there is none. */
function lastUpTo(history: readonly Version[], revision: number): number {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((history[middle] as Version).modRevision <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function validAt(history: readonly Version[], revision: number): Version | undefined {
  const last = history.at(-1) as Version;
  const version = last.modRevision <= revision ? last : history[lastUpTo(history, revision)];
  return version === undefined || version.tombstone ? undefined : version;
}
