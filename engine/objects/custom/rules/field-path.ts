import type { Schema } from '../../schema.ts';

/**
 * The field a rule points at with a JSON path (`.spec.ports`, `.labels['a.b']`) beneath the rule's
 * own, as messages name it; undefined if the schema has no such field.
 */
export function normalizeFieldPath(path: string, schema: Schema): string | undefined {
  const steps = /^(?:\.[^.[\]]+|\['(?:[^'\\]|\\.)*'\])+$/;
  if (!steps.test(path)) return undefined;
  let at: Schema = schema;
  let text = '';
  for (const [, name, quoted] of path.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/g)) {
    const key = name ?? unescape(quoted ?? '');
    if (key === undefined) return undefined;
    const { properties, additionalProperties } = at;
    if (properties !== undefined) {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (property === undefined) return undefined;
      at = property;
      text += text === '' ? key : `.${key}`;
    } else if (typeof additionalProperties === 'object') {
      at = additionalProperties;
      text += `[${key}]`;
    } else {
      return undefined;
    }
  }
  return text;
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
};

function unescape(text: string): string | undefined {
  let isValid = true;
  const result = text.replaceAll(/\\(.)/g, (_escape, letter: string) => {
    isValid &&= letter in escapes;
    return escapes[letter] ?? '';
  });
  return isValid ? result : undefined;
}
