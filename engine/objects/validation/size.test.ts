import { expect, test } from 'vitest';
import { validateCreate } from './index.ts';

/** Too large to be recorded; the texts are a kube-apiserver's. */
test.each([
  ['ConfigMap', { data: { a: 'x'.repeat(1024 * 1024 + 1) } }, '[]'],
  ['Secret', { type: 'Opaque', data: { a: 'A'.repeat(1_400_000) } }, 'data'],
])('a %s holds one mebibyte', (kind, content, field) => {
  const gvk = { group: '', version: 'v1', kind };
  const metadata = { name: 'big', namespace: 'default' };
  const errors = validateCreate(gvk, { apiVersion: 'v1', kind, metadata, ...content });
  expect(errors.map(String)).toEqual([`${field}: Too long: may not be more than 1048576 bytes`]);
});
