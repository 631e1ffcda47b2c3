import { sleep, type Clock } from '../base/clock.ts';
import { readAll, streamOf } from '../http/index.ts';
import type {
  ListMeta,
  PartialObjectMetadata,
  Preconditions,
  TableColumnDefinition,
} from '../objects/generated/meta-v1.generated.ts';
import { formatApiVersion, type KubernetesObject } from '../objects/kubernetes-object.ts';
import { resourcePath, type ObjectName, type Resource, type Stored } from './resource.ts';
import { failureOf } from './response-failure.ts';
import type { Transport } from './transport.ts';
import { watchEvents, type WatchEvent } from './watch-events.ts';

export interface ClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** names the component in logs and, up to its first `/`, in managed fields */
  readonly userAgent: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** meta/v1 `ListOptions`: of one namespace, or of all when none is named. */
export interface ListOptions extends RequestOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly limit?: number;
  readonly continue?: string;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  /** told that the server has accepted it, which may be long before anything changes */
  readonly onOpen?: () => void;
}

export interface WriteOptions extends RequestOptions {
  /** such as `status` */
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

/** JSON patch (RFC 6902), JSON merge patch (RFC 7396), or Kubernetes' strategic merge patch. */
export type Patch =
  | { readonly type: 'json'; readonly patch: readonly object[] }
  | { readonly type: 'merge' | 'strategic'; readonly patch: object };

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** takes fields over from other managers */
  readonly force?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: Preconditions;
  readonly dryRun?: boolean;
}

export interface List<T extends KubernetesObject> {
  readonly metadata: ListMeta;
  readonly items: readonly Stored<T>[];
}

/** meta/v1 `Table`: a list as `kubectl get` prints it. */
export interface Table {
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly TableColumnDefinition[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** in the order of the columns */
  readonly cells: readonly (string | number | boolean | null)[];
  readonly object: PartialObjectMetadata & KubernetesObject;
}

/** A change of one row. A bookmark's row has nothing but a resource version. */
export interface TableEvent {
  readonly type: WatchEvent<KubernetesObject>['type'];
  readonly object: Pick<Table, 'metadata' | 'rows'> & {
    /** only of the first event of a watch */
    readonly columnDefinitions: readonly TableColumnDefinition[] | null;
  };
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How often an answer that says when to come back is believed, as in client-go. */
const MOST_RETRIES = 10;

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Request extends RequestOptions {
  readonly method: string;
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

/**
 * Speaks the Kubernetes API. What the server refuses is a `StatusError`; what the transport fails
 * with comes through as it is.
 */
export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async get<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    options: RequestOptions & { readonly resourceVersion?: string } = {},
  ): Promise<Stored<T>> {
    const { signal, resourceVersion } = options;
    return this.#send<Stored<T>>({
      method: 'GET',
      path: resourcePath(resource, name),
      query: { resourceVersion },
      accept: accept(resource, 'PartialObjectMetadata'),
      ...given(signal),
    });
  }

  /** Items have `apiVersion` and `kind`, which the server leaves out. */
  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<List<T>> {
    const { namespace, signal, ...query } = options;
    const { metadata, items } = await this.#send<{
      readonly metadata: ListMeta;
      readonly items: readonly Stored<T>[] | null;
    }>({
      method: 'GET',
      path: resourcePath(resource, inNamespace(namespace)),
      query: { ...query },
      accept: accept(resource, 'PartialObjectMetadataList'),
      ...given(signal),
    });
    const type = { apiVersion: formatApiVersion(resource), kind: resource.kind };
    return { metadata, items: (items ?? []).map((item) => ({ ...type, ...item })) };
  }

  /** The same, in the columns that the server would have printed; each row with its object's metadata. */
  async table(resource: Resource<KubernetesObject>, options: ListOptions = {}): Promise<Table> {
    const { namespace, signal, ...query } = options;
    const { rows, ...table } = await this.#send<Omit<Table, 'rows'> & Pick<Partial<Table>, 'rows'>>(
      {
        method: 'GET',
        path: resourcePath(resource, inNamespace(namespace)),
        query: { ...query },
        accept: TABLE,
        ...given(signal),
      },
    );
    return { ...table, rows: rows ?? [] };
  }

  /** @throws StatusError also while it goes on: 410 when it cannot go on from where it is */
  async *watch<T extends KubernetesObject>(
    resource: Resource<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    const { namespace, signal, onOpen, ...query } = options;
    const { body } = await this.#exchange({
      method: 'GET',
      path: resourcePath(resource, inNamespace(namespace)),
      query: { ...query, watch: true },
      accept: accept(resource, 'PartialObjectMetadata'),
      ...given(signal),
    });
    onOpen?.();
    if (body !== null) yield* watchEvents<WatchEvent<T>>(body);
  }

  /** The changes of a table, one row each. @throws StatusError as `watch` does */
  async *watchTable(
    resource: Resource<KubernetesObject>,
    options: WatchOptions = {},
  ): AsyncGenerator<TableEvent, void, void> {
    const { namespace, signal, onOpen, ...query } = options;
    const { body } = await this.#exchange({
      method: 'GET',
      path: resourcePath(resource, inNamespace(namespace)),
      query: { ...query, watch: true },
      accept: TABLE,
      ...given(signal),
    });
    onOpen?.();
    if (body !== null) yield* watchEvents<TableEvent>(body);
  }

  async create<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const { namespace } = object.metadata;
    return this.#write('POST', resource, inNamespace(namespace), object, options);
  }

  /** Replaces it. A `resourceVersion` in its metadata makes that fail when it was changed since. */
  async update<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    return this.#write('PUT', resource, object.metadata, object, options);
  }

  async patch<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    { type, patch }: Patch,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    return this.#write('PATCH', resource, name, patch, options, PATCH_TYPES[type]);
  }

  /** Server-side apply: `object` has all that its manager wants, and nothing else. */
  async apply<T extends KubernetesObject>(
    resource: Resource<T>,
    object: KubernetesObject,
    options: ApplyOptions,
  ): Promise<Stored<T>> {
    const { metadata } = object;
    return this.#write('PATCH', resource, metadata, object, options, PATCH_TYPES.apply);
  }

  async delete<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { signal, dryRun, ...body } = options;
    await this.#send({
      method: 'DELETE',
      path: resourcePath(resource, name),
      query: dryRun === true ? { dryRun: 'All' } : {},
      body: { apiVersion: 'v1', kind: 'DeleteOptions', ...body },
      ...given(signal),
    });
  }

  /** Deletes what a list with these options has. */
  async deleteCollection<T extends KubernetesObject>(
    resource: Resource<T>,
    list: ListOptions,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { namespace, signal: _signal, ...query } = list;
    const { signal, dryRun, ...body } = options;
    await this.#send({
      method: 'DELETE',
      path: resourcePath(resource, inNamespace(namespace)),
      query: { ...query, ...(dryRun === true ? { dryRun: 'All' } : {}) },
      body: { apiVersion: 'v1', kind: 'DeleteOptions', ...body },
      ...given(signal),
    });
  }

  /** A subresource of a kind of its own, such as `scale`. */
  async getSubresource<Result>(
    resource: Resource<KubernetesObject>,
    name: ObjectName,
    subresource: string,
    options: RequestOptions = {},
  ): Promise<Result> {
    return this.#send<Result>({
      method: 'GET',
      path: resourcePath(resource, name, subresource),
      ...given(options.signal),
    });
  }

  /** Posts to a subresource of a kind of its own, such as `binding`, `eviction` or `token`. */
  async createSubresource<Result>(
    resource: Resource<KubernetesObject>,
    name: ObjectName,
    subresource: string,
    body: object,
    options: Omit<WriteOptions, 'subresource'> = {},
  ): Promise<Result> {
    return this.#write('POST', resource, name, body, { ...options, subresource });
  }

  /** Replaces a subresource of a kind of its own, such as `scale`. */
  async updateSubresource<Result>(
    resource: Resource<KubernetesObject>,
    name: ObjectName,
    subresource: string,
    body: object,
    options: Omit<WriteOptions, 'subresource'> = {},
  ): Promise<Result> {
    return this.#write('PUT', resource, name, body, { ...options, subresource });
  }

  /** What a path outside the resources says: discovery, `/version`, `/readyz`. */
  async getText(
    path: string,
    options: RequestOptions & { readonly accept?: string } = {},
  ): Promise<string> {
    return new TextDecoder().decode(await readAll(await this.getStream(path, options)));
  }

  /** The same as it comes: of a log that is followed. */
  async getStream(
    path: string,
    { signal, accept }: RequestOptions & { readonly accept?: string } = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#exchange({
      method: 'GET',
      path,
      ...given(signal),
      ...(accept === undefined ? {} : { accept }),
    });
    return streamOf(body);
  }

  async #write<Result>(
    method: string,
    resource: Resource<KubernetesObject>,
    name: ObjectName,
    body: unknown,
    options: WriteOptions & { readonly force?: boolean },
    contentType = 'application/json',
  ): Promise<Result> {
    const { subresource, dryRun, fieldManager, fieldValidation, force, signal } = options;
    return this.#send<Result>({
      method,
      path: resourcePath(resource, name, subresource),
      query: {
        dryRun: dryRun === true ? 'All' : undefined,
        fieldManager,
        fieldValidation,
        force,
      },
      body,
      contentType,
      accept: accept(resource, 'PartialObjectMetadata'),
      ...given(signal),
    });
  }

  async #send<Result>(request: Request): Promise<Result> {
    const { body } = await this.#exchange(request);
    const bytes = body instanceof ReadableStream ? await readAll(body) : body;
    return JSON.parse(decoder.decode(bytes)) as Result;
  }

  /** Comes back when the server says so, as client-go does for any request. */
  async #exchange(request: Request): Promise<{
    readonly body: ReadableStream<Uint8Array> | Uint8Array;
  }> {
    const { clock } = this.#options;
    for (let retries = 0; ; retries++) {
      const response = await this.#options.transport(this.#httpRequest(request));
      if ('takeOver' in response) throw new TypeError(`${request.path} upgrades the connection`);
      const { status, headers } = response;
      const body = response.body ?? new Uint8Array();
      if (status >= 200 && status < 300) return { body };
      const text = new TextDecoder().decode(
        body instanceof ReadableStream ? await readAll(body) : body,
      );
      const seconds = Number(headers.get('retry-after') ?? Number.NaN);
      const again = (status === 429 || status >= 500) && !Number.isNaN(seconds);
      if (!again || retries === MOST_RETRIES) throw failureOf(request.method, status, text);
      await sleep(clock, seconds * 1000, request.signal);
    }
  }

  #httpRequest(request: Request) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) query.set(name, String(value));
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    const headers = new Headers({
      accept: request.accept ?? 'application/json',
      'user-agent': this.#options.userAgent,
    });
    let body: Uint8Array | null = null;
    if (request.body !== undefined) {
      body = encoder.encode(JSON.stringify(request.body));
      headers.set('content-type', request.contentType ?? 'application/json');
      headers.set('content-length', String(body.length));
    }
    return {
      method: request.method,
      url: `https://kubernetes${request.path}${search}`,
      headers,
      body,
      ...given(request.signal),
    };
  }
}

/** The signal as an option, if there is one. */
export function given(signal: AbortSignal | undefined): RequestOptions {
  return signal === undefined ? {} : { signal };
}

function inNamespace(namespace: string | undefined): ObjectName {
  return namespace === undefined ? {} : { namespace };
}

/** What to ask of a resource of which only the metadata is wanted. */
function accept(resource: Resource<KubernetesObject>, as: string): string {
  return resource.metadataOnly === true
    ? `application/json;as=${as};g=meta.k8s.io;v=v1`
    : 'application/json';
}
