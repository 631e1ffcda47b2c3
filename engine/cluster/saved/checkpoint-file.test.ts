import { describe, expect, it } from 'vitest';
import type { SavedMachine } from '../../api/machine.ts';
import { writeMachineFile } from '../../machine/states/machine-file.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';

const machine: SavedMachine = {
  profile: 'docker',
  memory: 128,
  artifacts: '0123456789abcdef',
  state: new Blob(['state']),
  images: new Blob(['images']),
};
const { images: _, ...bare } = machine;
const about = { name: 'Überfahrt', savedAt: 1_700_000_000_000 };

describe('a file of a checkpoint', () => {
  it('gives back what was written', async () => {
    const written = {
      ...about,
      machine,
      cluster: new Blob(['cluster']),
      place: '#/lesson/limits/a',
      openFiles: { drydock: { paths: ['/root/work/Dockerfile'] } },
      others: {
        lesson: 'portability',
        machines: {
          vm: { saved: { ...bare, state: new Blob(['vm state']) }, startMs: 4200 },
          other: { saved: machine, startMs: 1900 },
        },
      },
    };
    const read = await readCheckpoint(writeCheckpoint(written));
    expect(read).toMatchObject({ ...about, place: written.place, openFiles: written.openFiles });
    expect(await read.machine?.state.text()).toBe('state');
    expect(await read.machine?.images?.text()).toBe('images');
    expect(await read.cluster?.text()).toBe('cluster');
    const { vm, other } = read.others?.machines ?? {};
    expect([read.others?.lesson, vm?.startMs, other?.startMs]).toEqual(['portability', 4200, 1900]);
    expect(await vm?.saved.state.text()).toBe('vm state');
    expect(await other?.saved.images?.text()).toBe('images');
  });

  it('may hold only one of them', async () => {
    const read = await readCheckpoint(writeCheckpoint({ ...about, cluster: new Blob(['c']) }));
    expect(Object.keys(read)).toEqual(['name', 'savedAt', 'cluster']);
  });

  it('is one of the first version when it has nothing that this did not have', async () => {
    const versionOf = (blob: Blob) => blob.slice(0, 20).text();
    const others = { lesson: 'portability', machines: {} };
    expect(await versionOf(writeCheckpoint({ ...about, machine }))).toBe('DRYDOCK CHECKPOINT 1');
    expect(await versionOf(writeCheckpoint({ ...about, others }))).toBe('DRYDOCK CHECKPOINT 2');
  });

  it('is refused when a later version wrote it', async () => {
    const written = writeCheckpoint({ ...about, machine });
    const later = new Blob(['DRYDOCK CHECKPOINT 3', written.slice(20)]);
    await expect(readCheckpoint(later)).rejects.toMatchObject({
      code: 'STATE_MISMATCH',
      message: expect.stringContaining('another version of Drydock') as string,
    });
  });

  it('may be that of a machine', async () => {
    const read = await readCheckpoint(writeMachineFile({ ...about, saved: machine }));
    expect(read).toMatchObject(about);
    expect(await read.machine?.state.text()).toBe('state');
  });

  it.each([
    ['something else', new Blob(['PK\u0003\u0004 something else']), 'not a checkpoint'],
    [
      'a download that was cut off',
      writeCheckpoint({ ...about, machine }).slice(0, -3),
      'was cut off or changed',
    ],
  ])('refuses %s', async (_name, blob, message) => {
    await expect(readCheckpoint(blob)).rejects.toMatchObject({
      code: 'STATE_DAMAGED',
      message: expect.stringContaining(message) as string,
    });
  });
});
