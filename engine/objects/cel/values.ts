import { Optional } from '@marcbachmann/cel-js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { isJsonObject, setOwn } from '../json-value.ts';

/** Values of opaque types (quantities, addresses, URLs) say themselves when they are equal. */
export interface Comparable {
  equals(other: unknown): boolean;
}

/** JSON as an expression sees it when it knows no schema: whole numbers are `int`, others `double`. */
export function dynamicValue(json: unknown): unknown {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(dynamicValue);
  if (!isJsonObject(json)) return json;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(json)) setOwn(result, key, dynamicValue(member));
  return result;
}

/** The items of a list; lists of type `set` are sets. */
export function itemsOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? (list as readonly unknown[]) : [...(list as Set<unknown>)];
}

/** The entries of a map, whatever holds it. */
export function entriesOf(map: unknown): readonly (readonly [unknown, unknown])[] {
  return map instanceof Map ? [...map] : Object.entries(map as object);
}

/** Equality as the language has it: numbers by value, lists and objects by their content. */
export function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return areEqualNumbers(numeric(a), numeric(b));
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof Set || b instanceof Set) return areEqualSets(a, b);
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => areEqual(item, b[index]))
    );
  }
  if (a instanceof Date || a instanceof Duration) {
    return a.constructor === b.constructor && a.valueOf() === b.valueOf();
  }
  if (a instanceof Optional && b instanceof Optional) {
    return a.hasValue() ? b.hasValue() && areEqual(a.value(), b.value()) : !b.hasValue();
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, index) => byte === b[index]);
  }
  if ('equals' in a) return (a as unknown as Comparable).equals(b);
  const entries = entriesOf(a);
  const others = new Map(entriesOf(b));
  return (
    entries.length === others.size &&
    entries.every(([key, value]) => others.has(key) && areEqual(value, others.get(key)))
  );
}

function areEqualNumbers(a: bigint | number, b: bigint | number): boolean {
  return typeof a === typeof b ? a === b : Number(a) === Number(b);
}

function areEqualSets(a: unknown, b: unknown): boolean {
  const items = itemsOf(a);
  const others = itemsOf(b);
  return (
    items.length === others.length &&
    items.every((item) => others.some((other) => areEqual(item, other)))
  );
}

type AnyNumber = bigint | number | UnsignedInt;

function isNumber(value: unknown): value is AnyNumber {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof UnsignedInt;
}

function numeric(value: AnyNumber): bigint | number {
  return value instanceof UnsignedInt ? value.value : value;
}

/** Less than 0, 0 or more: numbers, texts, booleans, times and durations have an order. */
export function compareValues(a: unknown, b: unknown): number {
  const [one, other] = [a as number, b as number];
  return one < other ? -1 : one > other ? 1 : 0;
}
