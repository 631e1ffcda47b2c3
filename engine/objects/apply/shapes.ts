import { goQuote } from '../go-text.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { ListType, MapType, MergeType } from './merge-type.ts';
import { itemKey, keyElement, valueElement, type PathElement } from './path-element.ts';

/** What a value of a type is to be treated as. */
export type Shape =
  | { readonly kind: 'map'; readonly map: MapType }
  | { readonly kind: 'list'; readonly list: ListType }
  | { readonly kind: 'scalar' };

/**
 * The shape a value takes among those its type allows. A value that fits none, and null, take the
 * first the type has: map, scalar, list. Undefined stands for no value.
 */
export function shapeOf(type: MergeType, value: unknown): Shape {
  const { map, list, scalar } = type;
  if (isJsonObject(value) && map !== undefined) return { kind: 'map', map };
  if (Array.isArray(value) && list !== undefined) return { kind: 'list', list };
  const isScalar = value !== null && value !== undefined && typeof value !== 'object';
  if (isScalar && scalar !== undefined) return { kind: 'scalar' };
  if (map !== undefined) return { kind: 'map', map };
  if (scalar !== undefined || list === undefined) return { kind: 'scalar' };
  return { kind: 'list', list };
}

/** The members of a value in the shape of a map; none for null or what is no map. */
export function asMap(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An item that cannot be told from others; the message is upstream's. */
export class ItemError extends Error {
  override readonly name = 'ItemError';
  readonly code = 'ITEM';
}

/** The path element of an item of an associative list. Throws an `ItemError`. */
export function elementOf(list: ListType, item: unknown): PathElement {
  if (list.keys.length === 0) {
    if (isJsonObject(item)) {
      throw new ItemError("associative list without keys has an element that's a map type");
    }
    if (Array.isArray(item)) {
      throw new ItemError('not supported: associative list with lists as elements');
    }
    if (item === null) {
      throw new ItemError("associative list without keys has an element that's an explicit null");
    }
    return valueElement(item);
  }
  if (item === null) {
    throw new ItemError('associative list with keys may not have a null element');
  }
  if (!isJsonObject(item)) {
    throw new ItemError('associative list with keys may not have non-map elements');
  }
  const key = itemKey(item, list.keys, (name) => list.element.map?.defaultOf(name));
  if (key !== undefined) return keyElement(key);
  const names = `[${list.keys.map(goQuote).join(' ')}]`;
  throw new ItemError(
    `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
  );
}
