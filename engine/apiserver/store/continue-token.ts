import { badRequest } from '../../objects/status/status-error.ts';

/** Where a list that was cut by its limit goes on (k8s.io/apiserver `pkg/storage/continue.go`). */
export interface Continuation {
  /** first key wanted */
  readonly key: string;
  /** revision to go on at; -1 for whatever is there now */
  readonly revision: number;
}

const VERSION = 'meta.k8s.io/v1';

function invalidToken(why: string): Error {
  return badRequest(`continue key is not valid${why}`);
}

/** @param prefix of the keys listed; the token holds what comes after it */
export function encodeContinue({ key, revision }: Continuation, prefix: string): string {
  const token = { v: VERSION, rv: revision, start: key.slice(prefix.length) };
  const bytes = new TextEncoder().encode(JSON.stringify(token));
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function parse(token: string): { v?: unknown; rv?: unknown; start?: unknown } {
  try {
    if (!/^[A-Za-z0-9_-]+$/.test(token)) throw new Error('illegal base64 data');
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.codePointAt(0) ?? 0);
    const text = new TextDecoder().decode(bytes);
    if (!text.startsWith('{'))
      throw new Error(`invalid character '${text.slice(0, 1)}' looking for beginning of value`);
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) throw new Error('it is no object');
    return parsed;
  } catch (error) {
    throw invalidToken(`: ${(error as Error).message}`);
  }
}

/** Errors: `BadRequest`, also for a start that would leave `prefix`. */
export function decodeContinue(token: string, prefix: string): Continuation {
  const { v, rv, start } = parse(token);
  if (v !== VERSION)
    throw invalidToken(`: server does not recognize this encoded version ${String(v)}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1)
    throw invalidToken(`: incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== 'string' || start === '')
    throw invalidToken(`: encoded start key empty (version ${VERSION})`);
  const path = start.replace(/^\//, '');
  const segments = path.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..' || segment === ''))
    throw invalidToken(`: ${start}`);
  return { key: prefix + path, revision: rv };
}
