/** What every storage must do, wherever it runs: the unit tests and a page in Chromium go through it. */
import { getJson, putBytes, putJson, type Storage } from '../storage.ts';

export interface StorageCase {
  readonly name: string;
  /** @param open gives the same storage again, as a restart does */
  run(open: () => Promise<Storage>): Promise<void>;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** No test runner comes along into a browser's worker. */
function same(actual: unknown, expected: unknown): void {
  const [have, want] = [plain(actual), plain(expected)];
  if (have !== want) throw new Error(`${have} is not ${want}`);
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Uint8Array
      ? new TextDecoder().decode(inner)
      : inner === undefined
        ? '∅'
        : inner,
  );
}

export const storageContract: readonly StorageCase[] = [
  {
    name: 'shows what was committed and nothing else',
    async run(open) {
      const storage = await open();
      const writer = await storage.create();
      await writer.write(text('one '));
      await writer.write(text('two'));
      same(await storage.list('a/'), []);
      await writer.commit('a/b');
      same(await storage.size('a/b'), 7);
      same(await storage.read('a/b', 4, 100), text('two'));
      const aborted = await storage.create();
      await aborted.write(text('three'));
      await aborted.abort();
      same(await storage.list('a/'), [{ name: 'a/b', size: 7 }]);
    },
  },
  {
    name: 'replaces as a whole, removes, and says what is absent',
    async run(open) {
      const storage = await open();
      await putJson(storage, 'records/x.json', { value: 1 });
      await putJson(storage, 'records/x.json', { value: 22 });
      same(await getJson(storage, 'records/x.json'), { value: 22 });
      await storage.remove('records/x.json');
      await storage.remove('records/x.json');
      same(await getJson(storage, 'records/x.json'), undefined);
      same(await storage.source('records/x.json'), undefined);
      same(await storage.read('records/x.json', 0, 1), undefined);
    },
  },
  {
    name: 'lists by prefix, sorted',
    async run(open) {
      const storage = await open();
      for (const name of ['p/b', 'p/a', 'p/deep/c', 'q/d'])
        await putBytes(storage, name, text(name));
      const found = await storage.list('p/');
      same(
        found.map(({ name }) => name),
        ['p/a', 'p/b', 'p/deep/c'],
      );
    },
  },
  {
    name: 'appends, shows what was appended, and goes on after it was closed',
    async run(open) {
      const storage = await open();
      const file = await storage.append('log/1');
      same([file.size, await storage.size('log/1')], [0, 0]);
      await file.write(text('one '));
      await file.write(text('two'));
      await file.flush();
      same(await storage.read('log/1', 0, 100), text('one two'));
      await file.close();
      const again = await storage.append('log/1');
      same(again.size, 7);
      await again.truncate(4);
      await again.write(text('three'));
      await again.flush();
      await again.close();
      same(await storage.read('log/1', 2, 100), text('e three'));
      same(await storage.list('log/'), [{ name: 'log/1', size: 9 }]);
    },
  },
  {
    name: 'gives something another name, as a whole',
    async run(open) {
      const storage = await open();
      await putBytes(storage, 'parts/1', text('new'));
      await putBytes(storage, 'whole/x', text('old one'));
      await storage.rename('parts/1', 'whole/x');
      same(await storage.list('parts/'), []);
      same(await storage.read('whole/x', 0, 10), text('new'));
      const missing = await storage.rename('parts/1', 'whole/y').then(
        () => 'renamed',
        () => 'refused',
      );
      same(missing, 'refused');
    },
  },
  {
    name: 'still has all of it after a restart, and nothing unfinished',
    async run(open) {
      const before = await open();
      await putBytes(before, 'kept/1', text('one'));
      const log = await before.append('kept/log');
      await log.write(text('two'));
      await log.flush();
      await log.close();
      const unfinished = await before.create();
      await unfinished.write(text('never committed'));
      const after = await open();
      same(await after.list('kept/'), [
        { name: 'kept/1', size: 3 },
        { name: 'kept/log', size: 3 },
      ]);
      same(await after.read('kept/log', 0, 10), text('two'));
      await unfinished.abort();
    },
  },
];
