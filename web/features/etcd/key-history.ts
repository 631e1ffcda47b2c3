import { diffLines } from 'diff';
import { stringify } from 'yaml';
import type { KeyValue, RangeRequest, RangeResponse } from '../../../engine/api/etcd.ts';
import { EtcdError } from '../../../engine/api/etcd.ts';

export type ReadEtcd = (request: RangeRequest) => Promise<RangeResponse>;

/** Versions of a key that are looked for, from the latest back. */
const MOST = 20;

export interface KeyHistory {
  /** the latest first; the first is the key as it is, unless it was deleted */
  readonly versions: readonly KeyValue[];
  /** why there are no older ones */
  readonly end: 'created' | 'compacted' | 'more';
}

/** What etcd still knows of a key. Rejects when it does not answer. */
export async function readHistory(read: ReadEtcd, key: string): Promise<KeyHistory> {
  const versions: KeyValue[] = [];
  let { kv, compacted } = await versionAt(read, key, undefined);
  while (kv !== undefined && versions.length < MOST) {
    versions.push(kv);
    if (kv.version === 1) return { versions, end: 'created' };
    ({ kv, compacted } = await versionAt(read, key, kv.modRevision - 1));
  }
  return { versions, end: compacted ? 'compacted' : 'more' };
}

async function versionAt(
  read: ReadEtcd,
  key: string,
  revision: number | undefined,
): Promise<{ readonly kv: KeyValue | undefined; readonly compacted: boolean }> {
  try {
    const { kvs } = await read({ key, ...(revision === undefined ? {} : { revision }) });
    return { kv: kvs[0], compacted: false };
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'COMPACTED') throw error;
    return { kv: undefined, compacted: true };
  }
}

/** A value as YAML, or as it is when it is no JSON. */
function valueText(value: Uint8Array): string {
  const text = new TextDecoder().decode(value);
  try {
    return stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

export interface ValueLine {
  readonly text: string;
  readonly change: 'added' | 'removed' | 'same';
}

/** A version line by line, with what it changed. @param before the version that it replaced, where that is known */
export function valueLines(
  value: Uint8Array,
  before: Uint8Array | undefined,
): readonly ValueLine[] {
  const text = valueText(value);
  return diffLines(before === undefined ? text : valueText(before), text).flatMap(
    ({ value: part, added, removed }) =>
      part
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => ({ text: line, change: added ? 'added' : removed ? 'removed' : 'same' })),
  );
}

/** Keys that have this text, by key or the last changed first. */
export function chooseKeys(
  keys: readonly KeyValue[],
  search: string,
  order: 'key' | 'changed',
): readonly KeyValue[] {
  const wanted = search.trim().toLowerCase();
  const found = wanted === '' ? keys : keys.filter(({ key }) => key.toLowerCase().includes(wanted));
  return order === 'key'
    ? found
    : found.toSorted((one, other) => other.modRevision - one.modRevision);
}
