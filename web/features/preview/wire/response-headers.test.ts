import { expect, test } from 'vitest';
import { decodeBody, pathModePolicy, presentHeaders } from './response-headers.ts';

const context = {
  url: 'http://localhost:8080/a/b',
  mapLocation: (url: URL) => `mapped:${url.href}`,
  pathMode: false,
};

test('what would keep the page out of a frame is dropped, the rest of its policy stays', () => {
  const headers = presentHeaders(
    new Headers({
      'x-frame-options': 'DENY',
      'strict-transport-security': 'max-age=1',
      'content-security-policy':
        "default-src 'self'; frame-ancestors 'none'; upgrade-insecure-requests",
      'x-other': '1',
    }),
    context,
  );
  expect(Object.fromEntries(headers)).toEqual({
    'content-security-policy': "default-src 'self'",
    'x-other': '1',
  });
});

test('a policy of nothing but frame-ancestors disappears', () => {
  const headers = presentHeaders(
    new Headers({ 'content-security-policy': "frame-ancestors 'none'" }),
    context,
  );
  expect(headers.has('content-security-policy')).toBe(false);
});

test.each([
  ['/x', 'mapped:http://localhost:8080/x'],
  ['c', 'mapped:http://localhost:8080/a/c'],
  ['http://localhost/', 'mapped:http://localhost/'],
  ['http://[', 'http://['],
])('location %s', (location, expected) => {
  expect(presentHeaders(new Headers({ location }), context).get('location')).toBe(expected);
});

test('path mode adds a policy without scripts', () => {
  const headers = presentHeaders(new Headers({ 'content-security-policy': "img-src 'self'" }), {
    ...context,
    pathMode: true,
  });
  expect(headers.get('content-security-policy')).toBe(`img-src 'self', ${pathModePolicy}`);
});

test('a compressed body is decompressed, with headers to match', async () => {
  const body = new Blob(['hello '.repeat(100)]).stream().pipeThrough(new CompressionStream('gzip'));
  const headers = new Headers({
    'content-encoding': 'gzip',
    'content-length': '30',
    'content-type': 'text/plain',
  });
  const decoded = decodeBody(body as ReadableStream<Uint8Array<ArrayBuffer>>, headers);
  expect(await new Response(decoded).text()).toBe('hello '.repeat(100));
  expect(Object.fromEntries(headers)).toEqual({ 'content-type': 'text/plain' });
});
