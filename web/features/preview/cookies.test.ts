import { describe, expect, test } from 'vitest';
import { MachineCookies, type CookieStorage } from './cookies.ts';

const url = 'http://localhost:8080/app/';

describe('cookies of a machine', () => {
  test('come back with later requests, to any port', () => {
    const cookies = new MachineCookies();
    cookies.keep(url, ['sid=1; HttpOnly; Path=/', 'theme=dark; Path=/app']);
    expect(cookies.header(url)).toBe('theme=dark; sid=1');
    expect(cookies.header('http://localhost/other')).toBe('sid=1');
  });

  test('scripts see none that are HttpOnly, and cannot replace them', () => {
    const cookies = new MachineCookies();
    cookies.keep(url, ['sid=1; HttpOnly; Path=/', 'a=b; Path=/']);
    expect(cookies.visible(url)).toBe('a=b');
    cookies.keepFromPage(url, 'sid=2; Path=/');
    cookies.keepFromPage(url, 'evil=1; HttpOnly; Path=/');
    cookies.keepFromPage(url, 'c=d; Path=/');
    expect(cookies.header(url)).toBe('sid=1; a=b; c=d');
  });

  test('are removed by an expiry in the past', () => {
    const cookies = new MachineCookies();
    cookies.keep(url, ['a=b; Path=/']);
    cookies.keepFromPage(url, 'a=; Path=/; Max-Age=0');
    expect(cookies.header(url)).toBeUndefined();
  });

  test('Secure ones are sent to localhost, as browsers do; foreign and broken ones are ignored', () => {
    const cookies = new MachineCookies();
    cookies.keep(url, ['s=1; Secure; Path=/', 'x=1; Domain=example.org', '\u0000']);
    expect(cookies.header(url)).toBe('s=1');
  });

  test('outlast the page in its storage, and start empty when that is damaged', () => {
    const kept = new Map<string, string>();
    const storage: CookieStorage = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    };
    new MachineCookies(storage, 'k').keep(url, ['a=b; Path=/']);
    expect(new MachineCookies(storage, 'k').header(url)).toBe('a=b');
    kept.set('k', '{');
    expect(new MachineCookies(storage, 'k').header(url)).toBeUndefined();
  });
});
