import type { HttpHandler, HttpRequest, HttpResponse, TakenOver } from '../../http/index.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { ApiRequest } from './api-request.ts';
import { ApiError, toApiError } from './api-error.ts';
import { API_VERSION, compareVersions, MIN_API_VERSION } from './api-version.ts';
import { empty, json } from './reply.ts';

type Answer = HttpResponse | TakenOver;
type Endpoint = (request: ApiRequest) => Promise<Answer> | Answer;

/** `'GET /containers/{name}/json'`; `{name*}` also matches slashes, for image names. */
export type Routes = Readonly<Record<string, Endpoint>>;

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly endpoint: Endpoint;
}

function compile(key: string, endpoint: Endpoint): Route {
  const [method = '', path = ''] = key.split(' ');
  const source = path.replaceAll(
    /\{(\w+)(\*?)\}/g,
    (_match, name: string, any: string) => `(?<${name}>${any === '' ? '[^/]+' : '.+'})`,
  );
  return { method, pattern: new RegExp(`^${source}$`), endpoint };
}

export interface RouterOptions {
  /** of the engine, for the `Server` header */
  readonly version: string;
  /** mistakes of ours, which clients see as status 500 */
  readonly onError?: (error: unknown) => void;
}

/** Joins endpoints to one handler: versions, errors as JSON, the headers of dockerd. */
export function createRouter(tables: readonly Routes[], options: RouterOptions): HttpHandler {
  const routes = tables.flatMap((table) =>
    Object.entries(table).map(([key, endpoint]) => compile(key, endpoint)),
  );
  return async (http) => {
    let answer: Answer;
    try {
      answer = await dispatch(routes, http);
    } catch (thrown) {
      const error = toApiError(thrown);
      if (error.status === 500 && !isExpected(thrown)) options.onError?.(thrown);
      answer = error.status === 304 ? empty(304) : json({ message: error.message }, error.status);
    }
    if ('takeOver' in answer) return answer;
    const headers = new Headers(answer.headers);
    headers.set('api-version', API_VERSION);
    headers.set('docker-experimental', 'false');
    headers.set('ostype', 'linux');
    headers.set('server', `Docker/${options.version} (linux)`);
    return { ...answer, headers };
  };
}

/** Failures that have a name are the client's to read; the rest are mistakes of ours. */
function isExpected(thrown: unknown): boolean {
  return thrown instanceof ApiError || thrown instanceof RuntimeError;
}

async function dispatch(routes: readonly Route[], http: HttpRequest): Promise<Answer> {
  const url = new URL(http.url);
  const [, version, path = url.pathname] = /^\/v(\d+\.\d+)(\/.*)$/.exec(url.pathname) ?? [];
  for (const { method, pattern, endpoint } of routes) {
    // HEAD is GET without a body, except where it has a meaning of its own and comes first.
    if (method !== http.method && !(http.method === 'HEAD' && method === 'GET')) continue;
    const match = pattern.exec(path);
    if (match === null) continue;
    checkVersion(version);
    return endpoint(
      new ApiRequest(http, url.searchParams, decodeAll(match.groups ?? {}), version ?? API_VERSION),
    );
  }
  throw new ApiError(404, 'page not found');
}

function decodeAll(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new ApiError(404, 'page not found');
  }
}

function checkVersion(version: string | undefined): void {
  if (version === undefined) return;
  if (compareVersions(version, MIN_API_VERSION) < 0) {
    throw new ApiError(
      400,
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  if (compareVersions(version, API_VERSION) > 0) {
    throw new ApiError(
      400,
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  }
}
