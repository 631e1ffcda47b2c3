import { badRequest, notAcceptable } from '../../objects/status/status-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { ListResult } from '../registry/read.ts';
import {
  apiVersionOf,
  isStored,
  served,
  type Conversion,
  type ServedResource,
} from '../registry/served-resource.ts';
import type { OutputFormat } from '../request/negotiation.ts';
import type { Parameters } from '../request/parameters.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { EventEncoder } from '../watch/watch-stream.ts';
import { partialMetadata } from './partial-metadata.ts';
import { TableMaker, type IncludeObject } from './table.ts';

const encoder = new TextEncoder();

const LIST_END = encoder.encode(']}\n');

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Objects and lists of one resource in the shape a client asked for, as JSON. */
export interface Representation extends EventEncoder {
  /** a single object, which need not be a stored one */
  shape(object: ApiObject): unknown;
  list(result: ListResult): unknown;
  /** a list of objects that need not be stored ones */
  collection(objects: readonly ApiObject[], metadata: Record<string, unknown>): unknown;
  /** JSON text of the list and a line break, where it can be had without parsing what is stored */
  listLine?(result: ListResult): Uint8Array;
}

function json(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** `ListMeta` of a list. */
function listMeta(
  { revision, continue: token, remaining }: ListResult,
  custom = false,
): Record<string, unknown> {
  return {
    resourceVersion: String(revision),
    // Lists of custom resources say when there is no more.
    ...(token === '' && !custom ? {} : { continue: token }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  };
}

function bookmarkMetadata(revision: number, initialEventsEnd: boolean): ApiObject['metadata'] {
  return {
    resourceVersion: String(revision),
    ...(initialEventsEnd ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {}),
  };
}

/** The objects themselves. */
class Plain implements Representation {
  readonly key: string;
  readonly #resource: ServedResource;
  readonly #head: string;
  readonly #conversion: Conversion | undefined;

  constructor(resource: ServedResource) {
    const { kind } = resource.definition;
    this.#resource = resource;
    this.#conversion = isStored(resource) ? resource.conversion : undefined;
    this.key = apiVersionOf(resource);
    // Every stored value begins with this; see `encodeForStorage`.
    this.#head = `{${JSON.stringify({ kind, apiVersion: this.key }).slice(1, -1)},`;
  }

  shape(object: ApiObject): ApiObject {
    return object;
  }

  object(stored: StoredObject): Uint8Array {
    return this.#conversion === undefined ? stored.json : json(served(this.#resource, stored));
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    return json({
      kind: this.#resource.definition.kind,
      apiVersion: this.key,
      metadata: {
        ...bookmarkMetadata(revision, initialEventsEnd),
        creationTimestamp: null,
      },
    });
  }

  list(result: ListResult): unknown {
    const objects = result.objects.map((stored) => served(this.#resource, stored));
    return this.collection(objects, listMeta(result, this.#resource.custom));
  }

  collection(objects: readonly ApiObject[], metadata: Record<string, unknown>): unknown {
    const items = objects.map((object) => {
      if (this.#resource.custom) return object;
      const { kind: _kind, apiVersion: _version, ...item } = object;
      return item;
    });
    return { ...this.#listHead(metadata), items };
  }

  listLine(result: ListResult): Uint8Array {
    if (this.#conversion !== undefined)
      return encoder.encode(`${JSON.stringify(this.list(result))}\n`);
    const { objects } = result;
    const before = encoder.encode(
      JSON.stringify(this.#listHead(listMeta(result, this.#resource.custom))).slice(0, -1),
    );
    const open = encoder.encode(',"items":[');
    // The brace stays, what follows up to the metadata is left out.
    const skip = this.#resource.custom ? 0 : this.#head.length;
    const brace = skip === 0 ? 0 : 1;
    let length = before.length + open.length + 3 + Math.max(0, objects.length - 1);
    for (const stored of objects) length += stored.jsonLength(skip) + brace;
    const bytes = new Uint8Array(length);
    bytes.set(before);
    bytes.set(open, before.length);
    let offset = before.length + open.length;
    objects.forEach((stored, index) => {
      if (index > 0) bytes[offset++] = 0x2c;
      if (brace > 0) bytes[offset++] = 0x7b;
      stored.writeJson(bytes, offset, skip);
      offset += stored.jsonLength(skip);
    });
    bytes.set(LIST_END, offset);
    return bytes;
  }

  #listHead(metadata: Record<string, unknown>): Record<string, unknown> {
    const { listKind = `${this.#resource.definition.kind}List` } = this.#resource;
    return { kind: listKind, apiVersion: this.key, metadata };
  }
}

/** Metadata only, for clients that care for names, labels and owners. */
class MetadataOnly implements Representation {
  readonly key: string;
  readonly #resource: ServedResource;
  readonly #version: string;

  constructor(resource: ServedResource, version: string) {
    this.#resource = resource;
    this.#version = version;
    this.key = `PartialObjectMetadata ${version}`;
  }

  shape(object: ApiObject): ApiObject {
    return partialMetadata(object, this.#version);
  }

  object(stored: StoredObject): Uint8Array {
    return json(this.shape(served(this.#resource, stored)));
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    const metadata = bookmarkMetadata(revision, initialEventsEnd);
    return json(partialMetadata({ kind: '', apiVersion: '', metadata }, this.#version));
  }

  list(result: ListResult): unknown {
    const objects = result.objects.map((stored) => served(this.#resource, stored));
    return this.collection(objects, listMeta(result, this.#resource.custom));
  }

  collection(objects: readonly ApiObject[], metadata: Record<string, unknown>): unknown {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${this.#version}`,
      metadata,
      items: objects.map((object) => this.shape(object)),
    };
  }
}

/** What kubectl prints. */
class Tables implements Representation {
  readonly key: string;
  readonly #resource: ServedResource;
  readonly #tables: TableMaker;

  constructor(
    resource: ServedResource,
    version: string,
    include: IncludeObject,
    now: () => number,
  ) {
    this.#resource = resource;
    this.key = `Table ${version} ${include} ${apiVersionOf(resource)}`;
    this.#tables = new TableMaker(resource, version, include, now);
  }

  shape(object: ApiObject): unknown {
    const { resourceVersion } = object.metadata;
    const metadata = resourceVersion === undefined ? {} : { resourceVersion };
    return this.#tables.table([this.#tables.rowOf(object)], metadata);
  }

  object(stored: StoredObject, first: boolean): Uint8Array {
    const row = this.#tables.row(stored);
    const metadata = { resourceVersion: String(stored.revision) };
    return json(this.#tables.table([row], metadata, first));
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    const metadata = bookmarkMetadata(revision, initialEventsEnd);
    const { kind } = this.#resource.definition;
    const row = this.#tables.rowOf({ kind, apiVersion: apiVersionOf(this.#resource), metadata });
    return json(this.#tables.table([row], { resourceVersion: String(revision) }, false));
  }

  list(result: ListResult): unknown {
    const objects = result.objects.map((stored) => served(this.#resource, stored));
    return this.collection(objects, listMeta(result, this.#resource.custom));
  }

  collection(objects: readonly ApiObject[], metadata: Record<string, unknown>): unknown {
    return this.#tables.table(this.#tables.rows(objects), metadata);
  }
}

const INCLUDES: readonly string[] = ['None', 'Metadata', 'Object'] satisfies IncludeObject[];

/** Errors: `BadRequest` for an unknown `includeObject`, `NotAcceptable` for the wrong kind of metadata. */
export function representationFor(
  resource: ServedResource,
  format: OutputFormat,
  parameters: Parameters,
  now: () => number,
  list: boolean,
): Representation {
  const { as } = format;
  if (as === undefined) return new Plain(resource);
  if (as.kind === 'Table') {
    const asked = parameters.text('includeObject');
    const include = asked === '' ? 'Metadata' : asked;
    if (!INCLUDES.includes(include))
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
      );
    return new Tables(resource, as.version, include as IncludeObject, now);
  }
  if (list && as.kind === 'PartialObjectMetadata')
    throw notAcceptable(
      `you requested PartialObjectMetadata, but the requested object is a list (*${resource.definition.kind}List)`,
    );
  return new MetadataOnly(resource, as.version);
}
