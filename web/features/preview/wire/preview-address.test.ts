import { describe, expect, test } from 'vitest';
import {
  displayAddress,
  portOfLearnerUrl,
  previewOrigin,
  previewPath,
  readPreviewHost,
  readPreviewPath,
  readTypedAddress,
} from './preview-address.ts';

describe('preview origins', () => {
  test.each([
    ['http://drydock.localhost:8080', '', 'http://web-1-80.preview.drydock.localhost:8080'],
    ['http://localhost:8080', 't2', 'http://web-1-80.t2.preview.localhost:8080'],
    ['http://127.0.0.1:8080', '', 'http://web-1-80.preview.localhost:8080'],
    ['https://drydock.example', 't2r1', 'https://web-1-80.t2r1.preview.drydock.example'],
  ])('an app at %s, slot "%s"', (app, slot, expected) => {
    const target = { slot, machine: 'web-1', port: 80 };
    const origin = previewOrigin(app, target);
    expect(origin).toBe(expected);
    expect(readPreviewHost(new URL(origin).host)).toMatchObject(target);
  });

  test.each([
    'drydock.localhost:8080',
    'x.preview.localhost',
    'a-0.preview.localhost',
    'a-99999.preview.localhost',
    'a.b-80.preview.localhost',
  ])('%s is none', (host) => expect(readPreviewHost(host)).toBeUndefined());

  test('path mode has the same targets', () => {
    const target = { slot: 't2', machine: 'web', port: 8080 };
    expect(readPreviewPath(`/app/${previewPath(target)}/a/b`)).toEqual({ target, path: '/a/b' });
    expect(readPreviewPath(`/${previewPath(target)}`)).toEqual({ target, path: '/' });
    const renewed = { ...target, slot: 't1r1' };
    expect(readPreviewPath(`/${previewPath(renewed)}/a`)).toEqual({ target: renewed, path: '/a' });
    expect(readPreviewPath('/preview/~/web/99999/')).toBeUndefined();
    expect(readPreviewPath('/preview/worker.js')).toBeUndefined();
  });
});

describe('addresses as learners know them', () => {
  test.each([
    ['http://localhost/', 80],
    ['http://127.0.0.1:8080/x', 8080],
    ['http://0.0.0.0:3000/', 3000],
    ['http://[::1]:3000/', 3000],
    ['http://web:81/', 81],
    ['https://localhost/', undefined],
    ['http://nginx.org/', undefined],
  ])('%s is port %s', (url, port) => expect(portOfLearnerUrl(new URL(url), 'web')).toBe(port));

  test.each([
    ['/about?x=1#y', { port: 80, path: '/about?x=1#y' }],
    ['http://localhost:8080/a', { port: 8080, path: '/a' }],
    ['localhost:8080', { port: 8080, path: '/' }],
    [' :8080/a ', { port: 8080, path: '/a' }],
    ['https://example.org/', undefined],
    ['//example.org/', undefined],
    ['http://[', undefined],
  ])('typing %s', (text, expected) => {
    expect(readTypedAddress(text, { machine: 'web', port: 80 })).toEqual(expected);
  });

  test('the port is always shown', () =>
    expect(displayAddress(80, '/a')).toBe('http://localhost:80/a'));
});
