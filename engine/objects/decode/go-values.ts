import { DecodeError } from './decode-error.ts';
import type { Trail } from './trail.ts';

/** Turns a value that is not null into its canonical form. */
export type Read = (value: unknown, trail: Trail) => unknown;

/** How Go reads and prints a type. */
export interface GoType {
  readonly read: Read;
  /** what it prints for a value never set */
  readonly zero: () => unknown;
}

/** Readers of scalars; `type` is the Go type's name for messages. */
export const readers = {
  text:
    (type: string): Read =>
    (value, trail) => {
      if (typeof value !== 'string') throw trail.wrongType(value, type, 'string');
      return value;
    },
  flag:
    (type: string): Read =>
    (value, trail) => {
      if (typeof value !== 'boolean') throw trail.wrongType(value, type, 'bool');
      return value;
    },
  float:
    (type: string): Read =>
    (value, trail) => {
      if (typeof value !== 'number') throw trail.wrongType(value, type, 'float64');
      return value;
    },
  integer: (type: string, bits: 32 | 64): Read => {
    const limit = 2 ** (bits - 1);
    return (value, trail) => {
      if (typeof value !== 'number') throw trail.wrongType(value, type, 'int');
      if (!Number.isInteger(value) || value < -limit || value > limit - 1) {
        throw trail.wrongNumber(value, type);
      }
      return value === 0 ? 0 : value;
    };
  },
  bytes: ((value, trail) => {
    if (typeof value === 'string') return canonicalBase64(value);
    if (!Array.isArray(value)) throw trail.wrongType(value, '[]uint8', 'slice');
    const bytes = value.map((byte: unknown) => {
      if (typeof byte !== 'number') throw trail.wrongType(byte, 'uint8', 'int');
      if (!Number.isInteger(byte) || byte < 0 || byte > 255) throw trail.wrongNumber(byte, 'uint8');
      return String.fromCodePoint(byte);
    });
    return btoa(bytes.join(''));
  }) satisfies Read,
};

/** Standard base64 with padding; Go skips line ends. */
function canonicalBase64(text: string): string {
  const compact = text.replaceAll(/[\r\n]/g, '');
  if (compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    const mayHaveLooseBits = compact.endsWith('=');
    return mayHaveLooseBits ? btoa(atob(compact)) : compact;
  }
  throw new DecodeError('TYPE', `illegal base64 data at input byte ${firstIllegal(text)}`);
}

/** Where Go's decoder stops: at the first strange character, or where a group of four ends early. */
function firstIllegal(text: string): number {
  const strange = /[^A-Za-z0-9+/\r\n]/.exec(text)?.index;
  if (strange === undefined) return text.length - (text.replaceAll(/[\r\n]/g, '').length % 4);
  return strange;
}

const layouts = {
  time: '2006-01-02T15:04:05Z07:00',
  microTime: '2006-01-02T15:04:05.000000Z07:00',
};

/** RFC 3339 with any fraction of a second, in UTC and whole seconds again. */
export const readTime: Read = (value, trail) => {
  if (typeof value !== 'string') throw trail.forText().wrongType(value, 'string', 'string');
  const canonical = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value);
  const instant = parseTime(value, layouts.time);
  return canonical ? value : new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z');
};

/** RFC 3339 with exactly six digits of a second, in UTC. */
export const readMicroTime: Read = (value, trail) => {
  if (typeof value !== 'string') throw trail.forText().wrongType(value, 'string', 'string');
  const micros = /\.(\d{6})/.exec(value)?.[1] ?? '000000';
  const instant = parseTime(value, layouts.microTime);
  return new Date(instant).toISOString().replace(/\.\d+Z$/, `.${micros}Z`);
};

/** RFC 3339 as UNIX milliseconds. Throws a `DecodeError` with the text of Go's time.Parse. */
export const parseRfc3339 = (text: string): number => parseTime(text, layouts.time);

/** Milliseconds since 1970. Throws with the text of Go's time.Parse. */
function parseTime(text: string, layout: string): number {
  const fail = (problem: string) =>
    new DecodeError('TYPE', `parsing time ${JSON.stringify(text)}${problem}`);
  let rest = text;
  const take = (pattern: RegExp, element: string): string => {
    const match = pattern.exec(rest)?.[0];
    if (match === undefined) {
      throw fail(
        ` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as "${element}"`,
      );
    }
    rest = rest.slice(match.length);
    return match;
  };
  const within = (value: string, least: number, most: number, what: string): number => {
    if (Number(value) < least || Number(value) > most) throw fail(`: ${what} out of range`);
    return Number(value);
  };
  const year = Number(take(/^\d{4}/, '2006'));
  take(/^-/, '-');
  const month = within(take(/^\d\d/, '01'), 1, 12, 'month');
  take(/^-/, '-');
  const day = take(/^\d\d/, '02');
  take(/^T/, 'T');
  const hour = within(take(/^\d\d/, '15'), 0, 23, 'hour');
  take(/^:/, ':');
  const minute = within(take(/^\d\d/, '04'), 0, 59, 'minute');
  take(/^:/, ':');
  const second = within(take(/^\d\d/, '05'), 0, 59, 'second');
  if (layout === layouts.microTime) take(/^\.\d{6}(?!\d)/, '.000000');
  else rest = rest.replace(/^[.,]\d+/, '');
  const zone = take(/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00');
  if (rest !== '') throw fail(`: extra text: ${JSON.stringify(rest)}`);
  within(day, 1, new Date(Date.UTC(year, month, 0)).getUTCDate(), 'day');
  const offset = zone === 'Z' ? 0 : Number(`${zone[0]}1`) * minutesOf(zone);
  return Date.UTC(year, month - 1, Number(day), hour, minute - offset, second);
}

function minutesOf(zone: string): number {
  return Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
}
