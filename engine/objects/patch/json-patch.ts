import { isJsonObject, jsonEqual, ownValue, setOwn } from '../json-value.ts';
import { PatchError } from './patch-error.ts';

/**
 * JSON Patch (RFC 6902) with what upstream's library (evanphx/json-patch v4) does beyond it: negative
 * indices count from the end, `replace` and `copy` take a missing key for null, and the first
 * segment of a path is thrown away whether it is empty or not.
 */
export interface JsonPatchOperation {
  readonly op: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** The patched document; the given one stays as it is. Throws a `PatchError`. */
export function applyJsonPatch(
  document: unknown,
  operations: readonly JsonPatchOperation[],
): unknown {
  const root = new Root(structuredClone(document));
  for (const operation of operations) root.apply(operation);
  return root.value;
}

type Container = Record<string, unknown> | unknown[];

class Root {
  value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  apply({ op, path, from, value = null }: JsonPatchOperation): void {
    if (path === undefined) throw missing(`${op} operation failed to decode path`);
    switch (op) {
      case 'add':
        add(this.#find(path, op), structuredClone(value));
        break;
      case 'remove':
        remove(this.#find(path, op));
        break;
      case 'replace':
        this.#replace(path, structuredClone(value));
        break;
      case 'move': {
        const source = this.#find(from, op);
        const moved = get(source);
        remove(source);
        add(this.#find(path, op), moved);
        break;
      }
      case 'copy': {
        const copied = structuredClone(get(this.#find(from, op)));
        add(this.#find(path, op), copied);
        break;
      }
      case 'test':
        if (!jsonEqual(path === '' ? this.value : get(this.#find(path, op)), value)) {
          throw new PatchError('UNPROCESSABLE', `testing value ${path} failed: test failed`);
        }
        break;
      default:
        throw new PatchError('UNPROCESSABLE', `Unexpected kind: ${op}`);
    }
  }

  #replace(path: string, value: unknown): void {
    if (path === '') {
      if (typeof value !== 'object' || value === null) {
        throw new PatchError('UNPROCESSABLE', 'replace operation value must be object or array');
      }
      this.value = value;
      return;
    }
    const place = this.#find(path, 'replace');
    get(place);
    if (Array.isArray(place.container)) place.container[indexIn(place)] = value;
    else setOwn(place.container, place.key, value);
  }

  /** The object or list that holds what a path points to. */
  #find(path: string | undefined, op: string): Place {
    const [, ...segments] = (path ?? '').split('/').map(unescape);
    const key = segments.pop();
    let container = this.value;
    for (const segment of segments) {
      if (Array.isArray(container)) {
        const index = parseIndex(segment);
        container = index === undefined ? undefined : container.at(index);
      } else {
        container = isJsonObject(container) ? ownValue(container, segment) : undefined;
      }
    }
    if (key === undefined || typeof container !== 'object' || container === null) {
      throw missing(`${op} operation does not apply: doc is missing path: "${path}"`);
    }
    return { container: container as Container, key, path: path ?? '' };
  }
}

interface Place {
  readonly container: Container;
  readonly key: string;
  readonly path: string;
}

/** null where there is nothing */
function get(place: Place): unknown {
  const { container, key } = place;
  if (Array.isArray(container)) return container[indexIn(place)];
  return ownValue(container, key) ?? null;
}

function add(place: Place, value: unknown): void {
  const { container, key } = place;
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === '-') container.push(value);
  else container.splice(indexIn(place, container.length + 1), 0, value);
}

function remove(place: Place): void {
  const { container, key } = place;
  if (Array.isArray(container)) {
    container.splice(indexIn(place), 1);
    return;
  }
  if (!Object.hasOwn(container, key)) throw missing(`Unable to remove nonexistent key: ${key}`);
  delete container[key];
}

/** An index below `length`; negative ones count from there. */
function indexIn({ container, key }: Place, length = Object.keys(container).length): number {
  const index = parseIndex(key);
  if (index === undefined) {
    throw new PatchError('UNPROCESSABLE', `value was not a proper array index: '${key}'`);
  }
  if (index >= length || index < -length) {
    throw new PatchError(
      'UNPROCESSABLE',
      `Unable to access invalid index: ${index}: invalid index referenced`,
    );
  }
  return index < 0 ? index + length : index;
}

function parseIndex(text: string): number | undefined {
  return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
}

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function missing(what: string): PatchError {
  return new PatchError('UNPROCESSABLE', `${what}: missing value`);
}
