import { describe, expect, it } from 'vitest';
import { decodeContinue, encodeContinue } from './continue-token.ts';

const prefix = '/registry/pods/';

describe('continue tokens', () => {
  it('are what upstream writes', () => {
    const token = encodeContinue({ key: '/registry/pods/default/web\0', revision: 12 }, prefix);
    expect(atob(token)).toBe(
      String.raw`{"v":"meta.k8s.io/v1","rv":12,"start":"default/web\u0000"}`,
    );
    expect(decodeContinue(token, prefix)).toEqual({
      key: '/registry/pods/default/web\0',
      revision: 12,
    });
  });

  it.each(['', '%', btoa('x'), btoa('{"v":"meta.k8s.io/v2","rv":1,"start":"a"}')])(
    'refuse %j',
    (token) => {
      expect(() => decodeContinue(token, prefix)).toThrow('continue key is not valid');
    },
  );

  it.each(['../secrets/a', 'a/../../b', '', 'a//b'])('never leave the prefix: %j', (start) => {
    const token = btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start })).replaceAll('=', '');
    expect(() => decodeContinue(token, prefix)).toThrow('continue key is not valid');
  });
});
