import { expect, it } from 'vitest';
import { packState, unpackState, type SharedState } from './shared-state.ts';

const state: SharedState = {
  lesson: 'first-image',
  step: 'build-it',
  files: { 'first-image/Dockerfile': 'FROM nginx\n', 'first-image/ü.html': '<h1>Grüße 🚢</h1>' },
};

it('comes out as it went in, in letters that an address may have', async () => {
  const packed = await packState(state);
  expect(packed).toMatch(/^1[\w-]+$/);
  expect(await unpackState(`${packed}\n`)).toEqual(state);
  expect(await unpackState(await packState({ files: {} }))).toEqual({ files: {} });
});

it('a text of which anything is missing is refused', async () => {
  const packed = await packState(state);
  for (let length = 0; length < packed.length; length += 7)
    await expect(unpackState(packed.slice(0, length)), String(length)).rejects.toMatchObject({
      code: 'DAMAGED',
    });
});

it('a text that was changed is refused', async () => {
  const packed = await packState(state);
  const changed = packed.slice(0, 40) + (packed[40] === 'A' ? 'B' : 'A') + packed.slice(41);
  await expect(unpackState(changed)).rejects.toMatchObject({ code: 'DAMAGED' });
});

it('a text of another version says so', async () => {
  await expect(unpackState('2abc')).rejects.toMatchObject({ code: 'OTHER_VERSION' });
});

it.each([
  '/etc/passwd',
  '../up',
  'a/../../b',
  'a/..',
  './a',
  '',
  'a\n/../../.bashrc',
  'a\u2028/../../.bashrc',
  'a\r/x',
  'a\n/x',
  'a\0b',
  'a\x7f',
  'x'.repeat(501),
])(
  'a file outside of the folder, or with a name that hides where it is, is refused: %j',
  async (path) => {
    const packed = await packState({ files: { 'beside/it': 'y', [path]: 'x' } });
    await expect(unpackState(packed)).rejects.toMatchObject({ code: 'DAMAGED' });
  },
);

it.each(['..a', 'a..', 'a/...', '.bashrc', 'a b/ü🚢'])(
  'a file with an odd name is taken: %j',
  async (path) => {
    expect(await unpackState(await packState({ files: { [path]: 'x' } }))).toEqual({
      files: { [path]: 'x' },
    });
  },
);

it('what is too large to share is not packed, and what would unpack to more is not unpacked', async () => {
  const files = { large: 'x'.repeat(1_100_000) };
  await expect(packState({ files })).rejects.toMatchObject({ code: 'TOO_LARGE' });
});
