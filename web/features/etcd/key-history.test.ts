import { expect, test } from 'vitest';
import { EtcdError, type KeyValue, type RangeRequest } from '../../../engine/api/etcd.ts';
import { chooseKeys, readHistory, valueLines, type ReadEtcd } from './key-history.ts';

const header = { clusterId: '', memberId: '', revision: 30, raftTerm: 1 };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function version(number: number, modRevision: number, key = '/registry/a'): KeyValue {
  const value = bytes({ data: number, same: true });
  return { key, value, createRevision: 10, modRevision, version: number, lease: 0 };
}

/** An etcd that knows these versions of one key, and nothing up to a revision. */
function etcdOf(versions: readonly KeyValue[], compacted = 0): ReadEtcd {
  return ({ revision = 1000 }: RangeRequest) => {
    if (revision <= compacted) return Promise.reject(new EtcdError('COMPACTED'));
    const kvs = versions.filter(({ modRevision }) => modRevision <= revision).slice(-1);
    return Promise.resolve({ header, kvs, more: false, count: kvs.length });
  };
}

const revisions = async (read: ReadEtcd) => {
  const { versions, end } = await readHistory(read, '/registry/a');
  return [versions.map(({ modRevision }) => modRevision), end];
};

test('a key is read back to where it was created, or to what was compacted', async () => {
  const versions = [version(1, 10), version(2, 14), version(3, 20)];
  expect(await revisions(etcdOf(versions))).toEqual([[20, 14, 10], 'created']);
  expect(await revisions(etcdOf(versions, 15))).toEqual([[20, 14], 'compacted']);
  expect(await revisions(etcdOf([]))).toEqual([[], 'more']);
});

test('an etcd that does not answer is told', async () => {
  await expect(revisions(() => Promise.reject(new EtcdError('STOPPED')))).rejects.toThrow(
    'etcdserver: server stopped',
  );
});

test('a version shows what it changed', () => {
  const [one, two] = [version(1, 10).value, version(2, 14).value];
  expect(valueLines(two, one)).toEqual([
    { text: 'data: 1', change: 'removed' },
    { text: 'data: 2', change: 'added' },
    { text: 'same: true', change: 'same' },
  ]);
  expect(valueLines(one, undefined).every(({ change }) => change === 'same')).toBe(true);
  expect(valueLines(new TextEncoder().encode('no: JSON: at all'), undefined)).toEqual([
    { text: 'no: JSON: at all', change: 'same' },
  ]);
});

test('keys are found by text, and the last changed come first if one likes', () => {
  const keys = [version(1, 10, '/registry/pods/a'), version(1, 12, '/registry/pods/b')];
  const names = (search: string, order: 'key' | 'changed') =>
    chooseKeys(keys, search, order).map(({ key }) => key.slice(-1));
  expect(names('', 'key')).toEqual(['a', 'b']);
  expect(names('PODS', 'changed')).toEqual(['b', 'a']);
  expect(names('pods/b', 'key')).toEqual(['b']);
});
