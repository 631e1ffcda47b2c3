import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { FileStorage } from './file-storage.node.ts';
import { MemoryStorage } from './memory-storage.ts';
import { storageOver, storageServiceOf } from './storage-port.ts';
import type { Storage } from './storage.ts';
import { storageContract } from './testing/storage-contract.ts';

const directories: string[] = [];
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

async function files(): Promise<() => Promise<Storage>> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-storage-'));
  directories.push(directory);
  return () => FileStorage.open(directory);
}

function memory(): Promise<() => Promise<Storage>> {
  const storage = new MemoryStorage();
  return Promise.resolve(() => Promise.resolve(storage));
}

async function elsewhere(): Promise<() => Promise<Storage>> {
  const open = await memory();
  return async () => storageOver(storageServiceOf(await open()));
}

// The origin private file system needs a browser: test/e2e/storage.e2e.ts.
describe.each([
  ['memory', memory],
  ['files', files],
  ['another worker', elsewhere],
])('storage in %s', (_name, make) => {
  for (const { name, run } of storageContract)
    // It throws what is wrong.
    // oxlint-disable-next-line vitest/expect-expect
    it(name, async () => run(await make()));
});
