import { expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { digestOf } from '../storage/digest.ts';
import type { StorageWriter } from '../storage/storage.ts';
import { StoredContent } from './content-store.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

it('keeps content by digest, whole or not at all', async () => {
  const content = new StoredContent(new MemoryStorage());
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

it('leaves a blob that is read alone, also when it is written twice at a time', async () => {
  const committed: string[] = [];
  let written = 0;
  let tell = (): void => {};
  const bothWritten = new Promise<void>((resolve) => (tell = resolve));
  class Slow extends MemoryStorage {
    override async create(): Promise<StorageWriter> {
      const writer = await super.create();
      return {
        ...writer,
        async write(bytes) {
          await writer.write(bytes);
          if (++written === 2) tell();
        },
        async commit(name) {
          committed.push(name);
          await bothWritten;
          await new Promise((later) => setImmediate(later));
          await writer.commit(name);
        },
      };
    }
  }
  const content = new StoredContent(new Slow());
  await Promise.all([content.write(text('same')), content.write(text('same'))]);
  expect(committed).toHaveLength(1);
});
