import { isDigest } from '../../storage/digest.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Digest } from '../types.ts';

/** A parsed image reference. Grammar: the distribution project's reference package. */
export interface Reference {
  /** registry host, with port when given: `docker.io` */
  readonly domain: string;
  /** `library/nginx` */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_DOMAIN = 'docker.io';
const OFFICIAL = 'library/';

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domainPattern =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$/;
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;

/**
 * Parses and completes what a person types: `nginx` is `docker.io/library/nginx`. No tag is added.
 * Throws INVALID with Docker's message.
 */
export function parseReference(text: string): Reference {
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw new RuntimeError(
      'INVALID',
      `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`,
    );
  }
  const [named, digest] = cut(text, '@');
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  let domain = isDomain ? first : DEFAULT_DOMAIN;
  let rest = isDomain ? named.slice(slash + 1) : named;
  if (domain === 'index.docker.io') domain = DEFAULT_DOMAIN;
  const colon = rest.indexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  rest = colon < 0 ? rest : rest.slice(0, colon);
  if (domain === DEFAULT_DOMAIN && !rest.includes('/')) rest = OFFICIAL + rest;

  if (rest !== rest.toLowerCase())
    throw new RuntimeError(
      'INVALID',
      'invalid reference format: repository name must be lowercase',
    );
  const valid =
    domainPattern.test(domain) &&
    pathPattern.test(rest) &&
    (tag === undefined || tagPattern.test(tag)) &&
    (digest === undefined || isDigest(digest));
  if (!valid) throw new RuntimeError('INVALID', 'invalid reference format');
  if (`${domain}/${rest}`.length > 255) {
    throw new RuntimeError(
      'INVALID',
      'invalid reference format: repository name must not be more than 255 characters',
    );
  }
  return {
    domain,
    path: rest,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest: digest as Digest }),
  };
}

/** The repository with its registry: `docker.io/library/nginx`. */
export function fullName({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** The repository as Docker shows it: `nginx`, `someone/app`, `registry.example/app`. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  return path.startsWith(OFFICIAL) && !path.slice(OFFICIAL.length).includes('/')
    ? path.slice(OFFICIAL.length)
    : path;
}

/** The whole reference as Docker shows it; `latest` stands for neither tag nor digest. */
export function familiarReference(reference: Reference): string {
  const name = familiarName(reference);
  if (reference.digest !== undefined) return `${name}@${reference.digest}`;
  return `${name}:${reference.tag ?? 'latest'}`;
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
