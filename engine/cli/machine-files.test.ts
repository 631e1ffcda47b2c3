import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../api/checkpoint.ts';
import type { SavedMachine } from '../api/machine.ts';
import { writeCheckpoint } from '../cluster/checkpoint-files.ts';
import { loadMachine, openMachineTarget } from './machine-files.ts';

const saved: SavedMachine = {
  profile: 'bare',
  memory: 64,
  artifacts: 'abc',
  state: new Blob(['state']),
};

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'drydock-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('machine files', () => {
  it('are written whole and read again', async () => {
    const file = path.join(directory, 'mine.drydock');
    const target = await openMachineTarget(file);
    await target.write(saved);
    await target.close();
    expect(await readdir(directory)).toEqual(['mine.drydock']);
    const back = await loadMachine(file);
    expect(back).toMatchObject({ profile: 'bare', memory: 64, artifacts: 'abc' });
    expect(await back.state.text()).toBe('state');
  });

  it('may be checkpoints of the page', async () => {
    const file = path.join(directory, 'page.drydock');
    const write = (checkpoint: Partial<Checkpoint>): Promise<void> =>
      writeFile(file, writeCheckpoint({ name: 'page', savedAt: 1, ...checkpoint }).stream());
    await write({ machine: saved, cluster: new Blob(['cluster']) });
    expect(await (await loadMachine(file)).state.text()).toBe('state');
    await write({ cluster: new Blob(['cluster']) });
    await expect(loadMachine(file)).rejects.toThrow('holds no machine with Docker');
  });

  it('leave what was there when nothing is written', async () => {
    const file = path.join(directory, 'mine.drydock');
    await writeFile(file, 'before');
    await (await openMachineTarget(file)).close();
    expect(await readdir(directory)).toEqual(['mine.drydock']);
    expect(await readFile(file, 'utf8')).toBe('before');
  });

  it('say what is wrong with a path or a file', async () => {
    const missing = path.join(directory, 'none', 'mine.drydock');
    await expect(openMachineTarget(missing)).rejects.toThrow(
      `${missing} cannot be written: there is no such file or folder.`,
    );
    await expect(loadMachine(missing)).rejects.toThrow(
      `${missing} cannot be read: there is no such file or folder.`,
    );
    const foreign = path.join(directory, 'picture.png');
    await writeFile(foreign, 'PNG');
    await expect(loadMachine(foreign)).rejects.toThrow(
      `${foreign}: This file is not a checkpoint that Drydock saved.`,
    );
  });
});
