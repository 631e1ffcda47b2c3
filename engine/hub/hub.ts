/**
 * Docker Hub of this world: an OCI Distribution 1.1 registry with Docker's token authentication and
 * search, as a function from request to response. Official images come with Drydock and are only
 * read; what learners push is kept in a storage. It can run in a worker, and in Node behind a socket.
 */
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { HubContents } from '../api/hub.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { isStorageFull, type Storage } from '../storage/storage.ts';
import type { Access, Action } from './access.ts';
import { Accounts } from './accounts.ts';
import { BuiltInImages } from './built-in-images.ts';
import { Contents } from './contents.ts';
import { type HubSource, HubSourceError } from './hub-source.ts';
import { checkedName } from './names.ts';
import { PullSide } from './pull-side.ts';
import { PushSide } from './push-side.ts';
import { RegistryError } from './registry-error.ts';
import { json, notFound, paginate } from './reply.ts';
import { Repositories, type Repository } from './repositories.ts';
import { searchImages } from './search.ts';
import { TokenService } from './token-service.ts';
import { Uploads } from './uploads.ts';

/** Other public registries that live here too: `registry.k8s.io/pause` is kept as the repository of that name. */
const OTHER_REGISTRIES = ['registry.k8s.io'];
const TOKEN_KEY_BYTES = 32;

export interface Hub {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  contents(): Promise<HubContents>;
}

export interface HubOptions {
  /** the official images */
  readonly source: HubSource;
  /** where accounts and what is pushed are kept */
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** failures of ours, which clients see as status 500 */
  readonly onError?: (error: unknown) => void;
}

/** Reads what is stored, and throws away what a crash left behind. */
export async function openHub(options: HubOptions): Promise<Hub> {
  const { storage, source, clock, random, onError } = options;
  const repositories = await Repositories.open(storage);
  const builtIn = new BuiltInImages(source);
  const contents = new Contents(storage, source);
  const uploads = new Uploads({ storage, contents, clock, random });
  await contents.collect((digest) => repositories.uses(digest));
  await uploads.collect();
  const accounts = await Accounts.open(storage, random);
  /** What is seen under a host: the whole, or for a host of its own what stands below its name, to be read only. */
  const registryOf = (host: string | undefined): Registry => {
    const prefix = host === undefined ? '' : `${host}/`;
    const find = async (name: string): Promise<Repository | undefined> =>
      repositories.find(prefix + name) ?? (await builtIn.find(prefix + name));
    const tokens = new TokenService({
      exists: async (name) => (await find(name)) !== undefined,
      ...(host === undefined ? { accounts } : {}),
      // Each has its own, or a token to push here would be good there too.
      key: random.bytes(TOKEN_KEY_BYTES),
      clock,
      random,
    });
    return new Registry({ storage, repositories, contents, uploads, builtIn, find }, tokens);
  };
  const main = registryOf(undefined);
  const others = new Map(OTHER_REGISTRIES.map((host) => [host, registryOf(host)]));
  const handle = async (request: HttpRequest): Promise<HttpResponse> => {
    let response: HttpResponse;
    try {
      response = await (others.get(request.headers.get('host') ?? '') ?? main).answer(request);
    } catch (error) {
      response = asRegistryError(error, onError).toResponse();
    }
    response.headers.set('docker-distribution-api-version', 'registry/2.0');
    const { body } = response;
    if (body instanceof Uint8Array) response.headers.set('content-length', String(body.length));
    return request.method === 'HEAD' ? { ...response, body: null } : response;
  };
  return {
    handle,
    async contents() {
      return { official: await builtIn.index(), pushed: repositories.describe() };
    },
  };
}

/** What the two sides work with. */
export interface HubParts {
  readonly storage: Storage;
  readonly repositories: Repositories;
  readonly builtIn: BuiltInImages;
  readonly contents: Contents;
  readonly uploads: Uploads;
  /** pushed or official, by the name that the request's host knows it under */
  find(name: string): Promise<Repository | undefined>;
}

/** `/v2/<name>/<kind>/…`; the name is as long as it can be. */
const routePattern =
  /^\/v2\/(.+)\/(?:(manifests|blobs|tags|referrers)\/([^/]+)|blobs\/uploads\/([^/]*))$/;

type Endpoint = () => Promise<HttpResponse>;

class Registry {
  readonly #parts: HubParts;
  readonly #tokens: TokenService;
  readonly #pull: PullSide;
  readonly #push: PushSide;

  constructor(parts: HubParts, tokens: TokenService) {
    this.#parts = parts;
    this.#tokens = tokens;
    this.#pull = new PullSide(parts);
    this.#push = new PushSide(parts);
  }

  async answer(request: HttpRequest): Promise<HttpResponse> {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case '/token':
        return choose(request, {
          GET: () => this.#tokens.answer(request),
          POST: () => this.#tokens.answer(request),
        });
      case '/v1/_ping':
        return json(true);
      case '/v1/search':
        return json(await searchImages(this.#parts, searchParams));
      case '/v2':
      case '/v2/':
        return choose(request, {
          GET: async () => {
            await this.#tokens.check(request, []);
            return json({});
          },
        });
      case '/v2/_catalog':
        return choose(request, { GET: () => this.#catalog(request, searchParams) });
      default:
        return this.#repository(request, pathname, searchParams);
    }
  }

  async #catalog(request: HttpRequest, parameters: URLSearchParams): Promise<HttpResponse> {
    await this.#tokens.check(request, [{ type: 'registry', name: 'catalog', actions: ['*'] }]);
    const { repositories, builtIn } = this.#parts;
    const names = [...repositories.names(), ...(await builtIn.all()).keys()].sort();
    const { items, headers } = paginate(names, '/v2/_catalog', parameters);
    return json({ repositories: items }, headers);
  }

  async #repository(
    request: HttpRequest,
    pathname: string,
    parameters: URLSearchParams,
  ): Promise<HttpResponse> {
    const [, encoded, kind, reference = '', upload] = routePattern.exec(pathname) ?? [];
    if (encoded === undefined) return notFound();
    const name = checkedName(decode(encoded));
    const rest = decode(reference);
    const may =
      (action: Action, endpoint: Endpoint, ...more: readonly Access[]): Endpoint =>
      async () => {
        const actions: Action[] = action === 'push' ? ['pull', 'push'] : [action];
        await this.#tokens.check(request, [{ type: 'repository', name, actions }, ...more]);
        return endpoint();
      };
    const pull = this.#pull;
    const push = this.#push;
    switch (kind) {
      case undefined: {
        if (upload === '')
          return choose(request, {
            POST: may(
              'push',
              () => push.startUpload(request, name, parameters),
              ...mountAccess(parameters),
            ),
          });
        const id = decode(upload ?? '');
        return choose(request, {
          GET: may('push', () => push.uploadStatus(name, id)),
          PATCH: may('push', () => push.addToUpload(request, name, id)),
          PUT: may('push', () => push.finishUpload(request, name, id, parameters)),
          DELETE: may('push', () => push.cancelUpload(name, id)),
        });
      }
      case 'blobs':
        return choose(request, {
          GET: may('pull', () => pull.blob(request, name, rest)),
          DELETE: may('delete', () => push.deleteBlob(name, rest)),
        });
      case 'manifests':
        return choose(request, {
          GET: may('pull', () => pull.manifest(request, name, rest)),
          PUT: may('push', () => push.putManifest(request, name, rest)),
          DELETE: may('delete', () => push.deleteManifest(name, rest)),
        });
      case 'referrers':
        return choose(request, { GET: may('pull', () => pull.referrers(name, rest, parameters)) });
      default:
        if (rest !== 'list') return notFound();
        return choose(request, { GET: may('pull', () => pull.tags(name, parameters)) });
    }
  }
}

/** A mount reads from another repository, which must be allowed too. */
function mountAccess(parameters: URLSearchParams): Access[] {
  const from = parameters.get('from');
  if (!parameters.has('mount') || from === null) return [];
  return [{ type: 'repository', name: checkedName(from), actions: ['pull'] }];
}

/** The endpoint for the request's method; HEAD is GET whose body is left out. Throws UNSUPPORTED. */
function choose(
  request: HttpRequest,
  endpoints: Readonly<Record<string, Endpoint>>,
): Promise<HttpResponse> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const endpoint = Object.hasOwn(endpoints, method) ? endpoints[method] : undefined;
  if (endpoint !== undefined) return endpoint();
  const allowed = Object.keys(endpoints).flatMap((each) =>
    each === 'GET' ? ['GET', 'HEAD'] : [each],
  );
  throw new RegistryError('UNSUPPORTED', undefined, { headers: { allow: allowed.join(', ') } });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function asRegistryError(
  error: unknown,
  onError: ((error: unknown) => void) | undefined,
): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof HubSourceError)
    return new RegistryError('UNAVAILABLE', error.message, { cause: error });
  if (isStorageFull(error)) return new RegistryError('STORAGE_FULL', undefined, { cause: error });
  onError?.(error);
  return new RegistryError('UNKNOWN', undefined, { cause: error });
}
