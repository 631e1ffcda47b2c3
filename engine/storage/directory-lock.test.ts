import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from './directory-lock.node.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drydock-lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('lockDirectory', () => {
  it('lets one in at a time, and the next when it is given back', async () => {
    const unlock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(`in use by process ${process.pid}`);
    await unlock();
    await (
      await lockDirectory(directory)
    )();
  });

  it('takes over from a process that died', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    await writeFile(join(directory, '.lock'), String(child.pid));
    await lockDirectory(directory);
    expect(await readFile(join(directory, '.lock'), 'utf8')).toBe(String(process.pid));
  });
});
