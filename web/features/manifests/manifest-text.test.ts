import { describe, expect, it } from 'vitest';
import { kindsIn, objectsIn } from './manifest-text.ts';

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n';

describe('a text', () => {
  it('names its kinds, each once', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n';
    expect(kindsIn(`${POD}---\n${service}---\n${POD}`)).toEqual([
      { apiVersion: 'v1', kind: 'Pod' },
      { apiVersion: 'v1', kind: 'Service' },
    ]);
  });

  it.each(['', 'services:\n  web:\n    image: nginx\n', 'a: [', 'just words', '- 1\n- 2\n'])(
    'that is no manifest names none: %j',
    (text) => expect(kindsIn(text)).toEqual([]),
  );

  it('may have a list, and documents with nothing in them', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${POD.trimEnd().replaceAll('\n', '\n  ')}\n`;
    expect(objectsIn(`---\n# nothing\n---\n${list}`).map(({ metadata }) => metadata.name)).toEqual([
      'web',
    ]);
  });

  it.each([
    [`${POD}spec: [\n`, /^Line 6: /],
    ['a: 1\n', 'The document that begins in line 1 has no apiVersion and kind.'],
    ['apiVersion: v1\nkind: Pod\n', 'An object of kind Pod has no metadata.name.'],
  ])('that cannot be applied says why: %j', (text, message) => {
    expect(() => objectsIn(text)).toThrow(message);
  });
});
