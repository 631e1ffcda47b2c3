import { describe, expect, it } from 'vitest';
import { collect } from '../../machine/agent/agent-client.ts';
import { decompressed } from './compression.ts';

/** 20,000 times "ship ", packed by Debian's tools. */
const text = 'ship '.repeat(20_000);
const packed: Readonly<Record<string, string>> = {
  gzip: 'H4sIAAAAAAACA+3EMQ0AAAgDMCvIg49k/hNscLRH07MVSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSZIkSR87Qi15aqCGAQA=',
  bzip2: 'QlpoOTFBWSZTWXGPthwAw0+RgEAAAGBIACAAUGaAKVGMBCo0EKjAQqNBCo0EKjhdyRThQkHGPthw',
  xz: '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4YafAFldADmaCWc983Iw0BRU8F4On7Sxtw0LzOa+QBGMCVUWb+A0+V8eG5Cj5MndzoO+VyEOjweChcPfVR++DKOJ6hu/ZHUttbBezVPSCrLNVR/Z8O4MYEaz2vPUbMoAAAAAAN/oPmAE8CktAAF1oI0GAABtxSPzscRn+wIAAAAABFla',
  zstd: 'KLUv/QRgbQAAKHNoaXAgAQCYhsiLFsgJsbY=',
};
const pack = (tool: string): Uint8Array =>
  Uint8Array.from(atob(packed[tool] ?? ''), (letter) => letter.charCodeAt(0));
const stream = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      // One byte first: the magic number comes in pieces.
      controller.enqueue(bytes.subarray(0, 1));
      if (bytes.length > 1) controller.enqueue(bytes.subarray(1));
      controller.close();
    },
  });
const unpack = async (bytes: Uint8Array): Promise<string> =>
  new TextDecoder().decode(await collect(await decompressed(stream(bytes))));

describe('decompressed', () => {
  it.each(['gzip', 'bzip2', 'xz', 'zstd'])('undoes %s', async (tool) => {
    expect(await unpack(pack(tool))).toBe(text);
  });

  it('passes on what is not compressed', async () => {
    expect(await unpack(new TextEncoder().encode(text))).toBe(text);
  });

  it.each(['gzip', 'bzip2', 'xz'])('fails when %s ends too early', async (tool) => {
    await expect(unpack(pack(tool).subarray(0, -20))).rejects.toThrow('unexpected EOF');
  });

  it('leaves nothing as nothing', async () => {
    expect(await unpack(new Uint8Array(0))).toBe('');
  });
});
