/**
 * Resource quantities: decimal numbers with a suffix (`100m`, `1.5Gi`, `2e3`), exact down to one
 * billionth. Rules and messages of k8s.io/apimachinery `pkg/api/resource`.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export class QuantityError extends Error {
  override readonly name = 'QuantityError';
  readonly code: 'FORMAT' | 'NUMERIC' | 'SUFFIX';

  constructor(code: QuantityError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const pattern = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** powers of ten; `E` is both 10^18 and the mark of an exponent */
const decimalSuffixes = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
/** powers of two */
const binarySuffixes = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
]);
const suffixOfTen = new Map([...decimalSuffixes].map(([suffix, power]) => [power, suffix]));
const suffixOf1024 = ['', ...binarySuffixes.keys()];

/** Larger exponents would only burn memory; the server's own numbers end at 63 bits. */
const largestExponent = 1000;
/** smallest digit kept: 10^-9 */
const digitsKept = 9;
const one = 10n ** BigInt(digitsKept);
const largestBinary = (2n ** 63n - 1n) * one;

export class Quantity {
  /** the number in billionths */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  #text: string | undefined;

  constructor(nanos: bigint, format: QuantityFormat, text?: string) {
    this.nanos = nanos;
    this.format = format;
    this.#text = text;
  }

  /** Throws a `QuantityError` with upstream's message. Digits beyond the ninth place round away from zero. */
  static parse(text: string): Quantity {
    const match = pattern.exec(text);
    if (text === '' || match === null) {
      throw new QuantityError(
        'FORMAT',
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      );
    }
    const [, sign = '', digits = '', fraction = '', suffix = ''] = match;
    const { base, power, format } = readSuffix(suffix);
    const whole = digits.replace(/^0+/, '');
    const mantissa = BigInt(whole + fraction || '0') * (base === 2 ? 2n ** BigInt(power) : 1n);
    const size = scale(mantissa, (base === 10 ? power : 0) - fraction.length);
    const capped = format === 'BinarySI' && size > largestBinary ? largestBinary : size;
    const small = format === 'BinarySI' && capped < one && capped > 0n;
    return new Quantity(
      sign === '-' ? -capped : capped,
      small ? 'DecimalSI' : format,
      isKept(whole, fraction, base, power) ? text : undefined,
    );
  }

  /** A whole number, or that many thousandths with `format` left out of play. */
  static of(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * one, format);
  }

  static ofMilli(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * (one / 1000n), format);
  }

  isZero(): boolean {
    return this.nanos === 0n;
  }

  /** -1, 0 or 1 */
  sign(): number {
    return compare(this.nanos, 0n);
  }

  compare(other: Quantity): number {
    return compare(this.nanos, other.nanos);
  }

  /** The sum; a zero takes the other's format. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.isZero() ? other.format : this.format);
  }

  subtract(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.isZero() ? other.format : this.format);
  }

  multiply(factor: number | bigint): Quantity {
    return new Quantity(this.nanos * BigInt(factor), this.format);
  }

  negate(): Quantity {
    return new Quantity(-this.nanos, this.format);
  }

  /** Whole units, rounded away from zero (bytes, cores, pieces). */
  value(): number {
    return Number(divideAway(this.nanos, one));
  }

  /** Thousandths, rounded away from zero. */
  milliValue(): number {
    return Number(divideAway(this.nanos, one / 1000n));
  }

  toNumber(): number {
    return Number(this.nanos) / Number(one);
  }

  /** Canonical text: no fraction, the largest suffix that keeps every digit. */
  toString(): string {
    this.#text ??= print(this.nanos, this.format);
    return this.#text;
  }
}

/** The text as the API server would print it; short cuts what is canonical already. */
export function canonicalQuantity(text: string): string {
  return /^[1-9][0-9]{0,2}(?:m|Mi|Gi|)$/.test(text) ? text : Quantity.parse(text).toString();
}

function readSuffix(suffix: string): { base: 2 | 10; power: number; format: QuantityFormat } {
  const ten = decimalSuffixes.get(suffix);
  if (ten !== undefined) return { base: 10, power: ten, format: 'DecimalSI' };
  const two = binarySuffixes.get(suffix);
  if (two !== undefined) return { base: 2, power: two, format: 'BinarySI' };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix)?.[1];
  if (exponent === undefined || Math.abs(Number(exponent)) > largestExponent) {
    throw new QuantityError('SUFFIX', "unable to parse quantity's suffix");
  }
  return { base: 10, power: Number(exponent), format: 'DecimalExponent' };
}

/** `mantissa` times ten to the `power`, in billionths. */
function scale(mantissa: bigint, power: number): bigint {
  const shift = power + digitsKept;
  return shift >= 0 ? mantissa * 10n ** BigInt(shift) : divideAway(mantissa, 10n ** BigInt(-shift));
}

/**
 * Upstream keeps a text it takes for canonical as it was written, although it is more than that:
 * `1.234` stays, and so does `+5`. What it prints again is what it read.
 */
function isKept(whole: string, fraction: string, base: 2 | 10, power: number): boolean {
  const digits = (whole || '0') + fraction;
  if (whole === '' && fraction === '') return false;
  if (base === 2) {
    const room = 15 - (whole || '0').length - Math.floor((power * 3) / 10) - 1;
    return fraction === '' && room >= 0 && BigInt(digits) % 8n !== 0n;
  }
  const exponent = power - fraction.length;
  return (
    digits.length <= 18 &&
    exponent >= -digitsKept &&
    exponent % 3 === 0 &&
    !digits.endsWith('000') &&
    !digits.startsWith('0')
  );
}

function print(nanos: bigint, format: QuantityFormat): string {
  if (nanos === 0n) return '0';
  const isWhole = nanos % one === 0n;
  const isLarge = nanos <= -1024n * one || nanos >= 1024n * one;
  if (format === 'BinarySI' && isWhole && isLarge) {
    let mantissa = nanos / one;
    let power = 0;
    while (power < suffixOf1024.length - 1 && mantissa % 1024n === 0n) {
      mantissa /= 1024n;
      power += 1;
    }
    return `${mantissa}${suffixOf1024[power]}`;
  }
  let mantissa = nanos;
  let power = -digitsKept;
  const most = format === 'DecimalExponent' ? Infinity : 18;
  while (power < most && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    power += 3;
  }
  if (format !== 'DecimalExponent') return `${mantissa}${suffixOfTen.get(power)}`;
  return power === 0 ? String(mantissa) : `${mantissa}e${power}`;
}

function divideAway(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
