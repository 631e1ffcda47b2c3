import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { goQuote } from '../../go-text.ts';
import { failed } from '../cel-error.ts';
import { entriesOf } from '../values.ts';

/**
 * `"%s is %d".format([…])`: text, whole, fixed (`%.2f`), scientific (`%e`), binary, octal and
 * hexadecimal clauses (cel-go's `strings` extension).
 */
export function formatText(text: string, values: readonly unknown[]): string {
  let used = 0;
  const result = text.replaceAll(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (clause, digits?: string, verb?: string) => {
      if (verb === undefined) return '%';
      if (used >= values.length) throw failed(`index ${used} out of range`);
      const precision = digits === undefined ? 6 : Number(digits);
      const value = values[used];
      used += 1;
      return format(verb, precision, value, clause);
    },
  );
  if (used < values.length) {
    throw failed(
      `too many arguments supplied to string.format (expected ${used}, got ${values.length})`,
    );
  }
  return result;
}

function format(verb: string, precision: number, value: unknown, clause: string): string {
  switch (verb) {
    case 's':
      return printText(value);
    case 'd': {
      const whole = wholeOf(value);
      if (whole === undefined) throw onlyFor('decimal', 'integers', value);
      return whole.toString();
    }
    case 'f':
      return numberOf('fixed-point', value).toLocaleString('en-US', {
        minimumFractionDigits: precision,
        maximumFractionDigits: precision,
      });
    case 'e':
      return scientific(numberOf('scientific', value));
    case 'b': {
      if (typeof value === 'boolean') return value ? '1' : '0';
      const whole = wholeOf(value);
      if (whole === undefined) throw onlyFor('binary', 'integers and bools', value);
      return whole.toString(2);
    }
    case 'o': {
      const whole = wholeOf(value);
      if (whole === undefined) throw onlyFor('octal', 'integers', value);
      return whole.toString(8);
    }
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      throw failed(`could not parse formatting clause: unrecognized formatting clause "${clause}"`);
  }
}

function onlyFor(clause: string, kinds: string, value: unknown): Error {
  return failed(
    `error during formatting: ${clause} clause can only be used on ${kinds}, was given ${typeName(value)}`,
  );
}

function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof UnsignedInt ? value.value : undefined;
}

function numberOf(clause: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw onlyFor(clause, 'doubles', value);
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Always six digits: upstream takes the precision for a width. */
function scientific(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(6).split('e');
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0');
  const raised = digits.replaceAll(/\d/g, (digit) => superscripts[Number(digit)] ?? '');
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${raised}`;
}

function hexadecimal(value: unknown): string {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (bytes instanceof Uint8Array) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  const whole = wholeOf(value);
  if (whole === undefined) {
    throw onlyFor('hex', 'integers, byte buffers, and strings', value);
  }
  return whole.toString(16);
}

function printText(value: unknown): string {
  if (typeof value === 'string') return value;
  return printValue(value);
}

/** A value inside a list or map: texts are quoted there. */
function printValue(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Date) return printTime(value);
  if (value instanceof Duration || value instanceof UnsignedInt) return value.toString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value) || value instanceof Set) {
    return `[${Array.from(value, printMember).join(', ')}]`;
  }
  if (typeof value === 'object') {
    const members = entriesOf(value)
      .map(([key, member]) => `${printMember(key)}:${printMember(member)}`)
      .toSorted();
    return `{${members.join(', ')}}`;
  }
  return String(value as number | bigint | boolean);
}

/** RFC 3339 without a fraction that is zero. */
export function printTime(value: Date): string {
  return value.toISOString().replace(/\.?0*Z$/, 'Z');
}

function printMember(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return value.toFixed(6);
  if (value instanceof Date) return `timestamp(${goQuote(printValue(value))})`;
  if (value instanceof Duration) return `duration(${goQuote(value.toString())})`;
  if (value instanceof Uint8Array) return `b${goQuote(printValue(value))}`;
  return printValue(value);
}

function typeName(value: unknown): string {
  if (value === null) return 'null_type';
  if (Array.isArray(value) || value instanceof Set) return 'list';
  if (value instanceof Date) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    default:
      return 'map';
  }
}
