import { describe, expect, test } from 'vitest';
import {
  exposeHeaders,
  preflightHeaders,
  preflightRefusal,
  refusal,
  type CorsRequest,
} from './cors.ts';

const origin = 'http://localhost';

function request(
  options: Partial<Omit<CorsRequest, 'headers'>> & { headers?: Record<string, string> } = {},
): CorsRequest {
  return {
    method: 'GET',
    origin,
    credentials: false,
    ...options,
    headers: new Headers(options.headers),
  };
}

describe('preflight', () => {
  test('simple requests need none', () => {
    expect(preflightHeaders(request())).toBeUndefined();
    expect(
      preflightHeaders(
        request({ method: 'POST', headers: { 'content-type': 'text/plain;charset=utf-8' } }),
      ),
    ).toBeUndefined();
    expect(
      preflightHeaders(request({ headers: { 'sec-ch-ua': 'x', 'user-agent': 'y' } })),
    ).toBeUndefined();
  });

  test('a method, a type or a header beyond those does', () => {
    expect(preflightHeaders(request({ method: 'PUT' }))?.get('access-control-request-method')).toBe(
      'PUT',
    );
    const json = preflightHeaders(
      request({ method: 'POST', headers: { 'content-type': 'application/json', 'x-a': '1' } }),
    );
    expect(json?.get('access-control-request-headers')).toBe('content-type,x-a');
  });

  test('its answer must allow method and headers', () => {
    const put = request({ method: 'PUT', headers: { 'x-a': '1' } });
    const answer = (headers: Record<string, string>, status = 204) =>
      preflightRefusal(put, {
        status,
        headers: new Headers({ 'access-control-allow-origin': '*', ...headers }),
      });
    expect(answer({})).toContain('Method PUT');
    expect(answer({ 'access-control-allow-methods': 'PUT' })).toContain('x-a');
    expect(
      answer({ 'access-control-allow-methods': 'GET, PUT', 'access-control-allow-headers': 'X-A' }),
    ).toBeUndefined();
    expect(
      answer({ 'access-control-allow-methods': '*', 'access-control-allow-headers': '*' }),
    ).toBeUndefined();
    expect(
      answer({ 'access-control-allow-methods': '*', 'access-control-allow-headers': '*' }, 404),
    ).toContain('ok status');
  });
});

describe('the answer', () => {
  const answer = (headers: Record<string, string>, credentials = false) =>
    refusal(request({ credentials }), new Headers(headers));

  test('must name the origin, or all of them when no credentials travel', () => {
    expect(answer({})).toContain('No');
    expect(answer({ 'access-control-allow-origin': 'http://localhost:8080' })).toContain(
      'does not allow',
    );
    expect(answer({ 'access-control-allow-origin': origin })).toBeUndefined();
    expect(answer({ 'access-control-allow-origin': '*' })).toBeUndefined();
    expect(answer({ 'access-control-allow-origin': '*' }, true)).toBeDefined();
    expect(answer({ 'access-control-allow-origin': origin }, true)).toContain('Credentials');
    expect(
      answer(
        { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
        true,
      ),
    ).toBeUndefined();
  });

  test('shows the page only safe and exposed headers', () => {
    const headers = new Headers({
      'content-type': 'a/b',
      'x-secret': '1',
      'x-shown': '2',
      'access-control-expose-headers': 'X-Shown',
    });
    expect([...exposeHeaders(headers, false).keys()]).toEqual(['content-type', 'x-shown']);
  });
});
