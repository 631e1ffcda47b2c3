import type { Place } from './place.ts';

/**
 * The vocabulary validation is written in. A rule looks at a value and reports what is wrong with
 * it; rules for objects are made of rules for their fields, so that a kind's validation reads like
 * its documentation:
 *
 * ```ts
 * const roleRef = fields<RoleRef>({
 *   apiGroup: enumOf('rbac.authorization.k8s.io'),
 *   name: requiredName(isPathSegmentName),
 * });
 * ```
 *
 * Rules run in the order written, which is the order clients see errors in.
 */
export type Rule<T> = (value: T, at: Place) => void;

/** A check of a text: one message for each thing wrong, as `names.ts` and `selectors/` have them. */
export type Check = (text: string) => readonly string[];

/** One rule for each field, called with what is there, or `undefined`. */
export function fields<T extends object>(rules: { [K in keyof T]?: Rule<T[K]> }): Rule<T> {
  const entries = Object.entries(rules) as [keyof T & string, Rule<unknown>][];
  return (value, at) => {
    for (const [name, rule] of entries) rule(value[name], at.child(name));
  };
}

/** Only where something is given. */
export function optional<T>(rule: Rule<T>): Rule<T | null | undefined> {
  return (value, at) => {
    if (value !== undefined && value !== null) rule(value, at);
  };
}

/** The rule for each item of a list that may be missing. */
export function each<T>(rule: Rule<T>): Rule<readonly T[] | null | undefined> {
  return (list, at) => {
    if (!list) return;
    for (let index = 0; index < list.length; index++) rule(list[index] as T, at.index(index));
  };
}

/** A text, list or map that may not be empty; `rule` sees it when it is not. */
export function required<T>(rule?: Rule<NonNullable<T>>, detail = ''): Rule<T | null | undefined> {
  return (value, at) => {
    if (isEmpty(value)) at.required(detail);
    else rule?.(value as NonNullable<T>, at);
  };
}

/** Whether a value is what Go calls zero: missing, `''`, or a list or map without entries. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}

/** A text that passes `check`; a missing one is checked as `''`. */
export function valid(check: Check): Rule<string | undefined> {
  return (text = '', at) => at.invalidEach(text, check(text));
}

/** A text that passes `check` where one is given. */
export function optionalName(check: Check): Rule<string | null | undefined> {
  return (text, at) => {
    if (text) at.invalidEach(text, check(text));
  };
}

/** A text that is there and passes `check`. */
export function requiredName(check: Check): Rule<string | null | undefined> {
  return (text, at) => {
    if (text) at.invalidEach(text, check(text));
    else at.required();
  };
}

/** As `requiredName`, where that a name is there is declared, and what it is made of is not. */
export function declaredName(check: Check): Rule<string | null | undefined> {
  return (text, at) => {
    if (text) at.invalidEach(text, check(text));
    else at.declared.required();
  };
}

/** One of `supported`, which messages list in this order; a missing value is `''`. */
export function enumOf(...supported: readonly string[]): Rule<string | null | undefined> {
  return (value, at) => {
    if (!supported.includes(value ?? '')) at.notSupported(value ?? '', supported);
  };
}

/** As `enumOf`, where a missing value is reported as required. */
export function requiredEnum(...supported: readonly string[]): Rule<string | null | undefined> {
  return (value, at) => {
    if (!value) at.required();
    else if (!supported.includes(value)) at.notSupported(value, supported);
  };
}

/** As `enumOf`, where a value is given. */
export function optionalEnum(...supported: readonly string[]): Rule<string | null | undefined> {
  return (value, at) => {
    if (value !== undefined && value !== null && !supported.includes(value)) {
      at.notSupported(value, supported);
    }
  };
}

export const nonNegative: Rule<number | null | undefined> = (value, at) => {
  if ((value ?? 0) < 0) at.invalid(value, 'must be greater than or equal to 0');
};

export const positive: Rule<number | null | undefined> = (value, at) => {
  if ((value ?? 0) <= 0) at.invalid(value ?? 0, 'must be greater than zero');
};

export const inclusiveRange = (low: number, high: number) =>
  `must be between ${low} and ${high}, inclusive`;

/** A number in `[low, high]`; a missing one is 0. */
export function between(
  low: number,
  high: number,
  detail = inclusiveRange(low, high),
): Rule<number | null | undefined> {
  return (value, at) => {
    const number = value ?? 0;
    if (number < low || number > high) at.invalid(number, detail);
  };
}

/** Unix user and group ids, where given. */
export const unixId = optional<number>(between(0, 2 ** 31 - 1));

/**
 * A union written as an object with one field for each member: the first member present is looked
 * at by its rule, every further one is refused, and one has to be there.
 */
export function oneMember<T extends object>(
  members: { [K in keyof T]?: Rule<NonNullable<T[K]>> },
  messages: { several: string; none?: string },
): Rule<T> {
  const entries = Object.entries(members) as [keyof T & string, Rule<unknown>][];
  return (union, at) => {
    let found = false;
    for (const [name, rule] of entries) {
      const member = union[name];
      if (member === undefined || member === null) continue;
      if (found) at.child(name).forbidden(messages.several);
      else rule(member, at.child(name));
      found = true;
    }
    if (!found && messages.none !== undefined) at.required(messages.none);
  };
}

/** Items whose key was seen before are duplicates; `name` is the field that is reported. */
export class Seen {
  private readonly keys = new Set<string>();

  /** Whether `key` comes for the first time. */
  add(key: string): boolean {
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    return true;
  }
}

/** Number of bytes of `text` in UTF-8, the length that limits are about. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair counts two of the pair's four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
