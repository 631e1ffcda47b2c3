import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compress, init } from '@bokuweb/zstd-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import type { ArtifactSource } from '../artifacts/artifact-source.ts';
import type { DiskIndex } from '../artifacts/guest-manifest.ts';
import { ZstdDecoder } from '../artifacts/zstd-decoder.ts';
import { ChunkStore } from './chunk-store.ts';
import { ChunkedDisk } from './chunked-disk.ts';
import { CopyOnWriteDisk } from './copy-on-write-disk.ts';
import { SECTOR, type DiskContent } from './disk.ts';
import { PartitionedDisk } from './partitioned-disk.ts';

const CHUNK = 4096;
let decoder: ZstdDecoder;

beforeAll(async () => {
  await init();
  const wasm = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  decoder = new ZstdDecoder(await WebAssembly.compile(readFileSync(wasm)));
});

class MemorySource implements ArtifactSource {
  readonly fetchedBytes = 0;
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly requests: string[] = [];

  read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    this.requests.push(path);
    const content = this.files.get(path);
    return content === undefined
      ? Promise.reject(new Error(`no ${path}`))
      : Promise.resolve(content);
  }
}

function chunked(
  content: Uint8Array,
  source: MemorySource,
  { clock = new FakeClock() } = {},
): { disk: ChunkedDisk; store: ChunkStore } {
  const directory = 'guest/base/chunks';
  const chunks: (string | null)[] = [];
  for (let start = 0; start < content.length; start += CHUNK) {
    const chunk = content.slice(start, start + CHUNK);
    if (chunk.every((byte) => byte === 0)) {
      chunks.push(null);
      continue;
    }
    const hash = createHash('sha256').update(chunk).digest('hex').slice(0, 32);
    source.files.set(`${directory}/${hash}.zst`, Uint8Array.from(compress(Buffer.from(chunk), 3)));
    chunks.push(hash);
  }
  const index: DiskIndex = { size: content.length, chunkSize: CHUNK, chunks };
  const store = new ChunkStore(source, decoder, clock);
  return { disk: new ChunkedDisk(index, directory, store), store };
}

function memoryDisk(bytes: Uint8Array): DiskContent {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

function get(disk: CopyOnWriteDisk, offset: number, length: number): Promise<Uint8Array> {
  return new Promise((resolve) => disk.get(offset, length, (data) => resolve(data.slice())));
}

describe('ChunkedDisk', () => {
  it('reads across chunks, zeros and the short last chunk, fetching each chunk once', async () => {
    const content = new SeededRandom(1).bytes(5 * CHUNK + SECTOR);
    content.fill(0, CHUNK, 2 * CHUNK);
    const source = new MemorySource();
    const { disk, store } = chunked(content, source);
    expect(Buffer.compare(await disk.read(0, content.length), content)).toBe(0);
    expect(
      Buffer.compare(
        await disk.read(CHUNK - SECTOR, CHUNK + 2 * SECTOR),
        content.subarray(CHUNK - SECTOR, 2 * CHUNK + SECTOR),
      ),
    ).toBe(0);
    expect(disk.read(3 * CHUNK, SECTOR)).toBeInstanceOf(Uint8Array);
    expect(source.requests.length).toBe(5);
    expect(store.touched.map((chunk) => chunk.path)).toEqual(source.requests);
  });

  it('waits for a chunk that is missing or damaged, tells, and goes on when it is there', async () => {
    const content = new SeededRandom(2).bytes(2 * CHUNK);
    const source = new MemorySource();
    const clock = new FakeClock();
    const { disk, store } = chunked(content, source, { clock });
    const told: string[] = [];
    store.onSupply((supply) =>
      told.push(
        supply.kind === 'flowing' ? 'flowing' : `${supply.attempts} ${supply.error.message}`,
      ),
    );
    const [first = '', second = ''] = source.files.keys();
    const good = source.files.get(first) ?? new Uint8Array();
    source.files.set(first, source.files.get(second) ?? new Uint8Array());
    const reading = Promise.resolve(disk.read(0, SECTOR));
    const failures = async (count: number): Promise<void> => {
      while (told.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await failures(1);
    clock.advance(250);
    await failures(2);
    source.files.delete(first);
    clock.advance(1000);
    await failures(3);
    source.files.set(first, good);
    store.retry();
    expect(Buffer.compare(await reading, content.subarray(0, SECTOR))).toBe(0);
    const damaged = `${first} is damaged: its content does not have the hash in its name.`;
    expect(told).toEqual(['flowing', `2 ${damaged}`, `3 no ${first}`, 'flowing']);
    expect(clock.pending).toBe(0);
  });

  it('ends what waits when it is disposed of', async () => {
    const source = new MemorySource();
    const { disk, store } = chunked(new SeededRandom(2).bytes(CHUNK), source);
    source.files.clear();
    const reading = Promise.resolve(disk.read(0, SECTOR));
    while (source.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    store.dispose();
    await expect(reading).rejects.toThrow('no guest/base');
  });

  it('prefetches in order without counting as touched', async () => {
    const content = new SeededRandom(3).bytes(4 * CHUNK);
    const source = new MemorySource();
    const recorded = chunked(content, source);
    await recorded.disk.read(0, content.length);
    const { disk, store } = chunked(content, source);
    source.requests.length = 0;
    await store.prefetch(recorded.store.touched);
    expect(source.requests).toEqual(recorded.store.touched.map((chunk) => chunk.path));
    expect(store.touched).toEqual([]);
    expect(disk.read(0, SECTOR)).toBeInstanceOf(Uint8Array);
  });
});

describe('PartitionedDisk', () => {
  it('has a boot record whose entries point at the contents', async () => {
    const first = new SeededRandom(4).bytes(3 * SECTOR);
    const second = new SeededRandom(5).bytes(1024 * 1024 + SECTOR);
    const disk = new PartitionedDisk([memoryDisk(first), memoryDisk(second)]);
    const record = await disk.read(0, SECTOR);
    const view = new DataView(record.buffer, record.byteOffset);
    expect(view.getUint16(510, true)).toBe(0xaa55);
    expect([record[450], view.getUint32(454, true), view.getUint32(458, true)]).toEqual([
      0x83, 2048, 3,
    ]);
    expect([record[466], view.getUint32(470, true), view.getUint32(474, true)]).toEqual([
      0x83, 4096, 2049,
    ]);
    expect(disk.size).toBe(4 * 1024 * 1024);
    expect(await disk.read(2048 * SECTOR, first.length)).toEqual(first);
    expect(Buffer.compare(await disk.read(4096 * SECTOR, second.length), second)).toBe(0);
    const across = await disk.read(2048 * SECTOR + SECTOR, 4 * SECTOR);
    expect(across.subarray(0, 2 * SECTOR)).toEqual(first.subarray(SECTOR));
    expect(across.subarray(2 * SECTOR).every((byte) => byte === 0)).toBe(true);
  });
});

describe('CopyOnWriteDisk', () => {
  it('behaves like a plain buffer under random reads and writes, also after a restore', async () => {
    const random = new SeededRandom(6);
    const expected = random.bytes(300 * 1024);
    const original = expected.slice();
    let disk = new CopyOnWriteDisk(memoryDisk(original.slice()));
    for (let round = 0; round < 400; round++) {
      const sectors = Math.floor(random.next() * 200) + 1;
      const first = Math.floor(random.next() * (expected.length / SECTOR - sectors));
      const [offset, length] = [first * SECTOR, sectors * SECTOR];
      if (random.next() < 0.3) {
        const data = random.bytes(length);
        expected.set(data, offset);
        disk.set(offset, data, () => {});
      } else {
        expect(
          Buffer.compare(
            await get(disk, offset, length),
            expected.subarray(offset, offset + length),
          ),
        ).toBe(0);
      }
      if (round % 100 === 99) {
        const state = structuredClone(disk.get_state());
        disk = new CopyOnWriteDisk(memoryDisk(original.slice()));
        disk.set_state(state);
      }
    }
  });

  it('answers at once what was written, also while other content is waited for', async () => {
    const content = new Map<number, (bytes: Uint8Array) => void>();
    const slow: DiskContent = {
      size: 1024 * 1024,
      read: (offset) => new Promise((resolve) => content.set(offset, resolve)),
    };
    const disk = new CopyOnWriteDisk(slow);
    disk.set(SECTOR, new Uint8Array(SECTOR).fill(5), () => {});
    let answer: Uint8Array | undefined;
    disk.get(SECTOR, SECTOR, (data) => (answer = data));
    expect(answer?.[0]).toBe(5);
    const later = get(disk, 0, SECTOR);
    expect(disk.pending).toBe(1);
    content.get(0)?.(new Uint8Array(SECTOR).fill(7));
    expect((await later)[0]).toBe(7);
    expect(disk.pending).toBe(0);
  });

  it('does not answer another machine what the one before has asked for', async () => {
    const arriving: ((bytes: Uint8Array) => void)[] = [];
    const slow: DiskContent = {
      size: 1024 * 1024,
      read: () => new Promise((resolve) => void arriving.push(resolve)),
    };
    const disk = new CopyOnWriteDisk(slow);
    const answered: number[] = [];
    disk.get(0, SECTOR, (data) => answered.push(data[0] ?? 0));
    disk.set_state(disk.get_state());
    expect(disk.pending).toBe(0);
    const next = get(disk, 0, SECTOR);
    for (const [index, arrive] of arriving.entries()) arrive(new Uint8Array(SECTOR).fill(index));
    expect((await next)[0]).toBe(1);
    expect([answered, disk.pending]).toEqual([[], 0]);
  });
});
