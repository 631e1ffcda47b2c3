import { describe, expect, it } from 'vitest';
import { packState, stateName, unpackState, type StateHeader } from './state-file.ts';

const header: StateHeader = {
  trees: { maxMessage: 8192, trees: { größe: 1 }, fids: [[0, null, []]] },
};

describe('packState', () => {
  it.each([
    ['compressed', false, 0, 2000],
    ['plain', true, 100_000, 102_000],
  ])('is undone by unpackState, %s', async (_how, plain, least, most) => {
    const state = new Uint8Array(100_000).fill(3).buffer;
    const blob = await packState(header, state, plain);
    expect(blob.size).toBeGreaterThan(least);
    expect(blob.size).toBeLessThan(most);
    const back = await unpackState(blob);
    expect(back.header).toEqual(header);
    expect(Buffer.compare(new Uint8Array(back.state), new Uint8Array(state))).toBe(0);
  });

  it('refuses other files and damaged ones', async () => {
    await expect(unpackState(new Blob(['something else entirely']))).rejects.toMatchObject({
      code: 'STATE_DAMAGED',
    });
    const blob = await packState(header, new Uint8Array(100_000).buffer);
    const plain = await packState(header, new Uint8Array(100_000).buffer, true);
    for (const whole of [blob, plain])
      await expect(unpackState(whole.slice(0, whole.size - 20))).rejects.toMatchObject({
        code: 'STATE_DAMAGED',
      });
  });
});

describe('stateName', () => {
  it('names the memory only when it differs', () => {
    expect(stateName('docker', 256, 256)).toBe('docker');
    expect(stateName('docker', 512, 256)).toBe('docker-512');
  });
});
