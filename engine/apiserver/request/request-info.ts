import { badRequest } from '../../objects/status/status-error.ts';

/** What a request asks for, read from its path and query (kube-apiserver's `RequestInfo`). */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** decoded path, as it came */
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the HTTP method in lower case */
  readonly verb: string;
  /** `api`, `apis`, or empty */
  readonly apiPrefix: string;
  /** empty for core */
  readonly apiGroup: string;
  readonly apiVersion: string;
  /** empty for what has no namespace or spans all */
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** path segments from the resource on: `['pods', 'web', 'proxy', 'index.html']` */
  readonly parts: readonly string[];
}

/** The request target, split. Neither part is normalised: `..` and `//` mean what they say. */
export interface Target {
  /** percent-decoded */
  readonly path: string;
  readonly query: URLSearchParams;
}

const NAMESPACE_SUBRESOURCES = ['status', 'finalize'];

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Errors: `BadRequest` for a path that is not valid percent-encoded UTF-8. */
export function parseTarget(url: string): Target {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0;
  const target = url.slice(authority).split('#', 1)[0] ?? '';
  const question = target.indexOf('?');
  const raw = question === -1 ? target : target.slice(0, question);
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    throw badRequest(`invalid URL escape in the request path`);
  }
  return {
    path: path === '' ? '/' : path,
    query: new URLSearchParams(question === -1 ? '' : target.slice(question + 1)),
  };
}

function otherPath(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiPrefix: '',
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
  };
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+/, '').replace(/\/+$/, '');
}

/** `watch=1`, `watch=true` or `watch` alone, as Go's conversion of query parameters reads booleans. */
function booleanParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !['false', '0', 'f'].includes(value.toLowerCase());
}

/** The name in `metadata.name=x`, when the selector demands exactly one. */
function nameSelected(query: URLSearchParams): string {
  const terms = (query.get('fieldSelector') ?? '').split(',');
  const match = terms
    .map((term) => /^metadata\.name==?([^=!]*)$/.exec(term)?.[1])
    .find((name) => name !== undefined && name !== '');
  return match === undefined || match === '.' || match === '..' || /[/%\\]/.test(match)
    ? ''
    : match;
}

/**
 * Reads /api/v1/…, /apis/GROUP/VERSION/… and everything else. Errors: `BadRequest` for
 * `/watch` and `/proxy` prefixes without a resource.
 */
export function parseRequestInfo(method: string, { path, query }: Target): RequestInfo {
  const other = otherPath(method, path);
  const trimmed = trimSlashes(path);
  const segments = trimmed === '' ? [] : trimmed.split('/');
  const [apiPrefix = '', ...afterPrefix] = segments;
  const grouped = apiPrefix === 'apis';
  if (segments.length < 3 || (apiPrefix !== 'api' && !grouped)) return other;
  if (grouped && afterPrefix.length < 3) return other;
  const apiGroup = grouped ? (afterPrefix[0] ?? '') : '';
  const [apiVersion = '', ...afterVersion] = grouped ? afterPrefix.slice(1) : afterPrefix;
  let parts = afterVersion;
  let verb = VERBS[method] ?? '';
  const byPrefix = parts[0] === 'watch' || parts[0] === 'proxy';
  if (byPrefix) {
    if (parts.length < 2)
      throw badRequest(`unable to determine kind and namespace from url, ${path}`);
    verb = parts[0] ?? '';
    parts = parts.slice(1);
  }
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1] ?? '';
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.includes(parts[2] ?? ''))
      parts = parts.slice(2);
  }
  const [resource = '', nameInPath = '', third = ''] = parts;
  let name = nameInPath;
  if (name === '' && verb === 'get') {
    verb = booleanParameter(query, 'watch') ? 'watch' : 'list';
    name = nameSelected(query);
  } else if (name === '' && verb === 'delete') verb = 'deletecollection';
  return {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix,
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource: verb === 'proxy' ? '' : third,
    name,
    parts,
  };
}
