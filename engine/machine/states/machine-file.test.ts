import { describe, expect, it } from 'vitest';
import type { SavedMachine } from '../../api/machine.ts';
import { readMachineFile, writeMachineFile } from './machine-file.ts';

const saved: SavedMachine = {
  profile: 'docker',
  memory: 128,
  artifacts: '0123456789abcdef',
  state: new Blob(['state']),
  images: new Blob(['images']),
};
const file = writeMachineFile({ name: 'Überfahrt', savedAt: 1_700_000_000_000, saved });

describe('a file of a saved machine', () => {
  it('gives back what was written', async () => {
    const read = await readMachineFile(file);
    expect(read).toMatchObject({ name: 'Überfahrt', savedAt: 1_700_000_000_000 });
    expect(read.saved).toMatchObject({
      profile: 'docker',
      memory: 128,
      artifacts: saved.artifacts,
    });
    expect(await read.saved.state.text()).toBe('state');
    expect(await read.saved.images?.text()).toBe('images');
  });

  it('may be without images', async () => {
    const { images: _, ...bare } = saved;
    const read = await readMachineFile(writeMachineFile({ name: '', savedAt: 0, saved: bare }));
    expect(await read.saved.state.text()).toBe('state');
    expect('images' in read.saved).toBe(false);
  });

  it.each([
    ['something else', new Blob(['PK\u0003\u0004 something else entirely']), 'not a machine'],
    ['nothing', new Blob([]), 'not a machine'],
    ['its first bytes alone', file.slice(0, 18), 'beginning of the file is damaged'],
    ['a download that was cut off', file.slice(0, -3), 'was cut off or changed'],
    ['a header that is no JSON', new Blob([file.slice(0, 22), '!', file.slice(23)]), 'damaged'],
    ['an impossible length', new Blob([file.slice(0, 18), '\u007fxyz']), 'damaged'],
  ])('refuses %s', async (_name, blob, message) => {
    await expect(readMachineFile(blob)).rejects.toMatchObject({
      code: 'STATE_DAMAGED',
      message: expect.stringContaining(message) as string,
    });
  });
});
