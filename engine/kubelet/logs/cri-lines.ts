import { concatBytes } from '../../http/index.ts';

const NEWLINE = 10;
const SPACE = 32;

/** One line of a log file in the CRI's format: `2016-10-06T00:17:09.669794202Z stdout F text`. */
export interface CriLine {
  /** RFC 3339, as the file has it */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** with its line break, unless the next line goes on with it (tag `P`) */
  readonly text: Uint8Array;
}

const latin1 = new TextDecoder('latin1');

/** Splits the bytes of a log file into lines, whatever their encoding. */
export class CriLines {
  #rest: Uint8Array = new Uint8Array(0);

  /** Undefined for a line that is none, which a machine that was cut off may leave behind. */
  *push(bytes: Uint8Array): Generator<CriLine | undefined> {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      const part = bytes.subarray(from, end + 1);
      from = end + 1;
      if (this.#rest.length === 0) yield parseLine(part);
      else {
        const whole = concatBytes(this.#rest, part);
        this.#rest = new Uint8Array(0);
        yield parseLine(whole);
      }
    }
    if (from < bytes.length) this.#rest = concatBytes(this.#rest, bytes.subarray(from));
  }

  /** What the file ends with when that is not a line break. */
  *end(): Generator<CriLine | undefined> {
    if (this.#rest.length > 0) yield parseLine(this.#rest);
    this.#rest = new Uint8Array(0);
  }
}

function parseLine(line: Uint8Array): CriLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first === -1 || second === -1 || third === -1) return undefined;
  const stream = latin1.decode(line.subarray(first + 1, second));
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const time = latin1.decode(line.subarray(0, first));
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(time)) return undefined;
  const [tag] = latin1.decode(line.subarray(second + 1, third)).split(':');
  const goesOn = tag === 'P' && line.at(-1) === NEWLINE;
  return { time, stream, text: line.subarray(third + 1, goesOn ? -1 : undefined) };
}

/** With nine digits after the point (Go's `RFC3339NanoFixed`). */
export function fixedTime(time: string): string {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.+)$/.exec(time) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0').slice(0, 9)}${zone}`;
}

/** UNIX milliseconds, with what is finer after the point. */
export function millisecondsOf(time: string): number {
  const [, finer = ''] = /\.\d{3}(\d+)/.exec(time) ?? [];
  return Date.parse(time) + Number(`0.${finer}`);
}
