import type { KeyValue, RangeRequest, RangeResponse } from '../../api/etcd.ts';
import { orderKey } from '../store/key-order.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import type { Version } from '../store/version.ts';

const NOTHING = new Uint8Array();

/** Answers a range request, header apart. @throws EtcdError `COMPACTED`, `FUTURE_REVISION` */
export function range(store: MvccStore, request: RangeRequest): Omit<RangeResponse, 'header'> {
  const { revision = 0, limit = 0, countOnly = false } = request;
  if (revision > 0) store.checkRevision(revision);
  const early = limit > 0 && isLimitedFirst(request);
  let found: Version[] = [];
  let count = 0;
  store.scan(request, revision > 0 ? revision : store.now, (version) => {
    count++;
    if (!countOnly && (!early || found.length <= limit)) found.push(version);
  });
  found = sorted(request, filtered(request, found));
  const more = limit > 0 && found.length > limit;
  if (more) found.length = limit;
  return { kvs: request.keysOnly === true ? found.map(withoutValue) : found, more, count };
}

/**
 * The limit comes after sorting and filtering; but without a direction etcd takes the first keys
 * and sorts only these, whatever the target.
 */
function isLimitedFirst(request: RangeRequest): boolean {
  const { sortOrder = 'NONE', sortTarget = 'KEY' } = request;
  const inOrder = sortOrder === 'NONE' || (sortTarget === 'KEY' && sortOrder === 'ASCEND');
  return inOrder && !isFiltered(request);
}

function isFiltered(request: RangeRequest): boolean {
  const { minModRevision = 0, maxModRevision = 0 } = request;
  const { minCreateRevision = 0, maxCreateRevision = 0 } = request;
  return minModRevision + maxModRevision + minCreateRevision + maxCreateRevision > 0;
}

function filtered(request: RangeRequest, versions: Version[]): Version[] {
  if (!isFiltered(request)) return versions;
  const inside = (value: number, low = 0, high = 0): boolean =>
    value >= low && (high === 0 || value <= high);
  return versions.filter(
    ({ modRevision, createRevision }) =>
      inside(modRevision, request.minModRevision, request.maxModRevision) &&
      inside(createRevision, request.minCreateRevision, request.maxCreateRevision),
  );
}

/** Only keys come sorted when no order is asked for; other targets ascend then. */
function sorted(request: RangeRequest, versions: Version[]): Version[] {
  const { sortOrder = 'NONE', sortTarget = 'KEY' } = request;
  if (sortTarget === 'KEY' && sortOrder !== 'DESCEND') return versions;
  const compare = comparators[sortTarget];
  const sign = sortOrder === 'DESCEND' ? -1 : 1;
  return versions.sort((a, b) => sign * compare(a, b));
}

const comparators: Readonly<
  Record<NonNullable<RangeRequest['sortTarget']>, (a: Version, b: Version) => number>
> = {
  KEY: (a, b) => (orderKey(a.key) < orderKey(b.key) ? -1 : 1),
  VERSION: (a, b) => a.version - b.version,
  CREATE: (a, b) => a.createRevision - b.createRevision,
  MOD: (a, b) => a.modRevision - b.modRevision,
  VALUE: (a, b) => compareBytes(a.value, b.value),
};

/** Lexicographic, as Go's `bytes.Compare`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function withoutValue(version: KeyValue): KeyValue {
  const { key, createRevision, modRevision, version: number, lease } = version;
  return { key, value: NOTHING, createRevision, modRevision, version: number, lease };
}
