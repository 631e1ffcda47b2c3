import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { openEtcd } from '../etcd/etcd-server.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { runEtcd } from './etcd.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drydock-etcd-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** What the command prints, without the ids of the cluster. */
async function run(...argv: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await runEtcd(argv);
    return (
      write.mock.calls
        .map(([text]) => String(text))
        .join('')
        .split('\n')[1] ?? ''
    );
  } finally {
    write.mockRestore();
  }
}

it('saves a data directory and takes it up in another', async () => {
  const [data, copy, file] = ['a', 'b', 'snapshot'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const etcd = await openEtcd({
    storage: await FileStorage.open(join(data, 'etcd')),
    clock: systemClock,
    random: cryptoRandom,
    onError: () => expect.unreachable(),
  });
  await etcd.put({ key: 'a', value: new Uint8Array([1]) });
  await etcd.close();
  const saved = await run('snapshot', file, '--data', data);
  expect(saved).toMatch(/^revision 2 {2}index 1 {2}keys 1 {2}hash \d+$/);
  expect(await run('restore', file, '--data', copy)).toBe(saved);
  expect(await run('status', '--data', copy)).toBe(saved);
  await expect(run('restore', file, '--data', copy)).rejects.toThrow('not empty');
  await writeFile(file, 'nonsense');
  await expect(run('restore', file, '--data', join(directory, 'c'))).rejects.toMatchObject({
    code: 'CORRUPT',
  });
  await expect(run('snapshot', '--data', copy)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(run('status')).rejects.toMatchObject({ code: 'USAGE' });
});
