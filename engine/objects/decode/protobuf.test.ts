import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';

interface Sample {
  readonly protobuf: string;
  readonly json: unknown;
}

/** What kube-apiserver 1.37 answers for one object in both encodings. */
const recorded = JSON.parse(
  readFileSync(new URL('testdata/protobuf.json', import.meta.url), 'utf8'),
) as { readonly pod: Sample; readonly secret: Sample };

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0);
}

describe('decodeProtobuf', () => {
  it.each(Object.entries(recorded))('reads a %s as kube-apiserver writes it', (_kind, sample) => {
    expect(decodeProtobuf(bytes(sample.protobuf))).toEqual(sample.json);
  });

  it('knows its magic', () => {
    expect(isProtobuf(bytes(recorded.secret.protobuf))).toBe(true);
    expect(isProtobuf(new TextEncoder().encode('{}'))).toBe(false);
    expect(() => decodeProtobuf(new Uint8Array(3))).toThrow('does not appear to be a protobuf');
  });

  it('fails on bytes that end early, never otherwise', () => {
    const whole = bytes(recorded.pod.protobuf);
    for (let length = 4; length < whole.length; length += 7) {
      let failure: unknown;
      try {
        decodeProtobuf(whole.subarray(0, length));
      } catch (error) {
        failure = error;
      }
      expect(failure === undefined || (failure as Error).name === 'ProtobufError').toBe(true);
    }
  });

  it('does not know kinds without a message', () => {
    const unknown = [0x0a, 0x08, 0x0a, 0x02, 0x76, 0x39, 0x12, 0x02, 0x58, 0x59];
    expect(decodeProtobuf(new Uint8Array([0x6b, 0x38, 0x73, 0x00, ...unknown]))).toBeUndefined();
  });
});
