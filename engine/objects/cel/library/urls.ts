import { define } from './define.ts';
import type { Environment } from '@marcbachmann/cel-js';
import { goQuote } from '../../go-text.ts';
import { failed } from '../cel-error.ts';
import type { Comparable } from '../values.ts';

/** An absolute URL or a path, in its parts as they were written. */
class CelUrl implements Comparable {
  constructor(
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {}

  equals(other: unknown): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }

  get text(): string {
    return [this.scheme, this.host, this.path, this.query].join('\0');
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  }

  get port(): string {
    return /:(\d+)$/.exec(this.host)?.[1] ?? '';
  }
}

/** `net/url.ParseRequestURI`: a scheme with whatever follows, or a path from the root. */
function parseUrl(text: string): CelUrl | undefined {
  if (text === '*') return new CelUrl('', '', '*', '');
  const match = /^(?:([a-z][a-z\d+.-]*):)?(\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/is.exec(text);
  if (match === null || hasControl(text)) return undefined;
  const [, scheme, authority, userAndHost = '', path = '', query = ''] = match;
  if (scheme === undefined && (!path.startsWith('/') || authority !== undefined)) return undefined;
  const host = userAndHost.slice(userAndHost.lastIndexOf('@') + 1);
  if (!/^(?:\[[^\]]*\]|[^:[\]\s"<>\\^`{|}]*)(?::\d*)?$/.test(host)) return undefined;
  if (/%(?![\da-f]{2})/i.test(path)) return undefined;
  return new CelUrl(
    (scheme ?? '').toLowerCase(),
    host,
    authority === undefined && !path.startsWith('/') ? '' : path,
    query,
  );
}

function hasControl(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}

function queryOf(url: CelUrl): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(url.query)) {
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  return values;
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */
export function addUrls(environment: Environment): void {
  environment.registerType('kubernetes.URL', { ctor: CelUrl, fields: {} });
  define(environment, 'url(string): kubernetes.URL', (text: string) => {
    const url = parseUrl(text);
    if (url !== undefined) return url;
    const why = text === '' ? 'empty url' : 'invalid URI for request';
    throw failed(`URL parse error during conversion from string: parse ${goQuote(text)}: ${why}`);
  });
  define(environment, 'isURL(string): bool', (text: string) => parseUrl(text) !== undefined);
  const texts = {
    getScheme: (url: CelUrl) => url.scheme,
    getHost: (url: CelUrl) => url.host,
    getHostname: (url: CelUrl) => url.hostname,
    getPort: (url: CelUrl) => url.port,
    getEscapedPath: (url: CelUrl) => escapePath(url.path),
  };
  for (const [name, get] of Object.entries(texts)) {
    define(environment, `kubernetes.URL.${name}(): string`, get);
  }
  define(environment, 'kubernetes.URL.getQuery(): map<string, list<string>>', queryOf);
  environment.registerOperator('kubernetes.URL == kubernetes.URL', (a: CelUrl, b: CelUrl) =>
    a.equals(b),
  );
}

function escapePath(path: string): string {
  return path.replaceAll(/[^A-Za-z\d\-_.~$&+,/:;=@!*'()%]/gu, (character) =>
    encodeURIComponent(character),
  );
}
