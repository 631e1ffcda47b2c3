import { describe, expect, it } from 'vitest';
import { familiarName, familiarReference, parseReference } from './reference.ts';

describe('parseReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx', 'nginx:latest'],
    ['nginx:1.25', 'docker.io/library/nginx', 'nginx:1.25'],
    ['docker.io/library/nginx', 'docker.io/library/nginx', 'nginx:latest'],
    ['someone/app:v1', 'docker.io/someone/app', 'someone/app:v1'],
    ['localhost/app', 'localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:2', 'localhost:5000/app', 'localhost:5000/app:2'],
    ['registry.example/a/b__c', 'registry.example/a/b__c', 'registry.example/a/b__c:latest'],
  ])('%s', (text, whole, familiar) => {
    const reference = parseReference(text);
    expect(`${reference.domain}/${reference.path}`).toBe(whole);
    expect(familiarReference(reference)).toBe(familiar);
  });

  it('keeps digests', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const reference = parseReference(`nginx@${digest}`);
    expect([familiarName(reference), familiarReference(reference)]).toEqual([
      'nginx',
      `nginx@${digest}`,
    ]);
  });

  it.each([
    ['Nginx', 'invalid reference format: repository name must be lowercase'],
    ['nginx:', 'invalid reference format'],
    ['-x', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['', 'invalid reference format'],
    ['nginx@sha256:12', 'invalid reference format'],
    [
      'a'.repeat(64),
      `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`,
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
  });
});
