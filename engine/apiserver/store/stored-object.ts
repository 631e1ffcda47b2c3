import type { KeyValue } from '../../api/etcd.ts';
import type { ApiObject } from '../registry/api-object.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The order of `ObjectMeta` as upstream writes it; the resource version goes behind the uid. */
const METADATA_ORDER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];
const UID = encoder.encode('"uid":"');
const QUOTE = 0x22;

/**
 * An object as etcd holds it: kind, apiVersion and metadata first, and no resource version, which
 * is etcd's revision of the key.
 */
export function encodeForStorage(object: ApiObject): Uint8Array {
  const { kind, apiVersion, metadata, ...others } = object;
  const { resourceVersion: _revision, selfLink: _link, ...rest } = metadata;
  const kept: Record<string, unknown> = rest;
  const ordered: Record<string, unknown> = {};
  for (const name of METADATA_ORDER) if (kept[name] !== undefined) ordered[name] = kept[name];
  return encoder.encode(
    JSON.stringify({ kind, apiVersion, metadata: Object.assign(ordered, kept), ...others }),
  );
}

/** Offset behind the uid's value; undefined for a value that we did not write. */
function endOfUid(value: Uint8Array): number | undefined {
  for (let start = value.indexOf(QUOTE); start !== -1; start = value.indexOf(QUOTE, start + 1)) {
    // Names before the uid may hold quotes only behind a backslash, so this cannot be part of one.
    if (!UID.every((byte, index) => value[start + index] === byte)) continue;
    return value.indexOf(QUOTE, start + UID.length) + 1;
  }
  return undefined;
}

/** A value and what was parsed from it. */
interface Parsed {
  readonly revision: number;
  readonly value: Uint8Array;
  readonly object: ApiObject;
}

/**
 * What was parsed of the last revisions, each in the place that its number gives it. Requests read from
 * etcd what the watch cache has parsed a moment ago: the bytes are the same while etcd is in this thread.
 */
const recent: (Parsed | undefined)[] = Array.from({ length: 512 });

/**
 * One version of a stored object. It is served from the bytes in etcd, with the resource version
 * put in between, so that lists and watches neither parse nor print it.
 */
export class StoredObject {
  readonly key: string;
  /** etcd's revision of this version, of a deletion for what was deleted; 0 for what was not written (dry run) */
  readonly revision: number;
  readonly #value: Uint8Array;
  #parsed: WeakRef<ApiObject> | undefined;
  #insertion: { readonly at: number; readonly text: Uint8Array } | undefined;

  constructor({ key, value, modRevision }: Pick<KeyValue, 'key' | 'value' | 'modRevision'>) {
    this.key = key;
    this.revision = modRevision;
    this.#value = value;
  }

  /** The same object under a later revision: how a watch shows what was deleted. */
  at(revision: number): StoredObject {
    return new StoredObject({ key: this.key, value: this.#value, modRevision: revision });
  }

  /** Shared by all who ask: never to be changed. Errors: `SyntaxError` when etcd holds something else. */
  get object(): ApiObject {
    const slot = this.revision % recent.length;
    const last = recent[slot];
    if (last?.revision === this.revision && last.value === this.#value) return last.object;
    const object = this.#parsed?.deref() ?? this.#parse();
    this.#parsed = new WeakRef(object);
    // A dry run's has no revision.
    if (this.revision > 0) recent[slot] = { revision: this.revision, value: this.#value, object };
    return object;
  }

  #parse(): ApiObject {
    const stored = JSON.parse(decoder.decode(this.#value)) as ApiObject;
    const { name, generateName, namespace, uid, ...rest } = stored.metadata;
    const metadata = {
      ...(name === undefined ? {} : { name }),
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(this.revision === 0 ? {} : { resourceVersion: String(this.revision) }),
      ...rest,
    };
    return { ...stored, metadata };
  }

  /** JSON text, with the resource version. */
  get json(): Uint8Array {
    const result = new Uint8Array(this.jsonLength(0));
    this.writeJson(result, 0, 0);
    return result;
  }

  /** Bytes that `writeJson` writes. */
  jsonLength(skip: number): number {
    return this.#value.length + this.#version.text.length - skip;
  }

  /**
   * Writes the JSON text to `target`, without its first `skip` bytes: a list's items go without
   * the kind and version they begin with.
   */
  writeJson(target: Uint8Array, offset: number, skip: number): void {
    const { at, text } = this.#version;
    target.set(this.#value.subarray(skip, at), offset);
    target.set(text, offset + at - skip);
    target.set(this.#value.subarray(at), offset + at - skip + text.length);
  }

  get #version(): { readonly at: number; readonly text: Uint8Array } {
    if (this.#insertion === undefined) {
      const at = endOfUid(this.#value);
      if (at === undefined) throw new Error(`The value at ${this.key} has no uid.`);
      const text = this.revision === 0 ? '' : `,"resourceVersion":"${this.revision}"`;
      this.#insertion = { at, text: encoder.encode(text) };
    }
    return this.#insertion;
  }
}
