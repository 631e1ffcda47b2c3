import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StoredContent, digestOf } from '../content-store.ts';
import { FileStorage } from './file-storage.node.ts';
import { MemoryStorage } from './memory-storage.ts';
import { getJson, putBytes, putJson, type Storage } from './storage.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const directories: string[] = [];
async function fileStorage(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-storage-'));
  directories.push(directory);
  return FileStorage.open(directory);
}
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

const hosts: readonly [string, () => Promise<Storage>][] = [
  ['memory', () => Promise.resolve(new MemoryStorage())],
  ['files', fileStorage],
];

describe.each(hosts)('storage in %s', (_name, open) => {
  it('shows what was committed and nothing else', async () => {
    const storage = await open();
    const writer = await storage.create();
    await writer.write(text('one '));
    await writer.write(text('two'));
    expect(await storage.list('a/')).toEqual([]);
    await writer.commit('a/b');
    expect(await storage.size('a/b')).toBe(7);
    expect(await storage.read('a/b', 4, 100)).toEqual(text('two'));
    const aborted = await storage.create();
    await aborted.write(text('three'));
    await aborted.abort();
    expect(await storage.list('a/')).toEqual([{ name: 'a/b', size: 7 }]);
  });

  it('replaces as a whole, removes, and says what is absent', async () => {
    const storage = await open();
    await putJson(storage, 'records/x.json', { value: 1 });
    await putJson(storage, 'records/x.json', { value: 22 });
    expect(await getJson(storage, 'records/x.json')).toEqual({ value: 22 });
    await storage.remove('records/x.json');
    await storage.remove('records/x.json');
    expect(await getJson(storage, 'records/x.json')).toBeUndefined();
    expect(await storage.source('records/x.json')).toBeUndefined();
    expect(await storage.read('records/x.json', 0, 1)).toBeUndefined();
  });

  it('lists by prefix, sorted', async () => {
    const storage = await open();
    for (const name of ['p/b', 'p/a', 'p/deep/c', 'q/d']) await putBytes(storage, name, text(name));
    expect((await storage.list('p/')).map(({ name }) => name)).toEqual(['p/a', 'p/b', 'p/deep/c']);
  });

  it('keeps content by digest, whole or not at all', async () => {
    const content = new StoredContent(await open());
    const bytes = new Uint8Array(700_000).map((_value, index) => index % 251);
    const stream = new Blob([bytes]).stream();
    const { digest, size } = await content.write(stream);
    expect([digest, size]).toEqual([await digestOf(bytes), 700_000]);
    const whole = new Uint8Array(await new Response(await content.read(digest)).arrayBuffer());
    expect(Buffer.compare(whole, bytes)).toBe(0);
    const part = await content.read(digest, { offset: 262_140, length: 300_000 });
    expect(
      Buffer.compare(
        new Uint8Array(await new Response(part).arrayBuffer()),
        bytes.subarray(262_140, 562_140),
      ),
    ).toBe(0);
    await expect(content.write(text('x'), digest)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(await content.list()).toEqual([{ digest, size: 700_000 }]);
    const source = await content.source(digest);
    expect(await content.write(bytes)).toEqual({ digest, size: 700_000 });
    expect(await content.source(digest)).toEqual(source);
    await content.remove(digest);
    await expect(content.source(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
