import { define } from './define.ts';
import type { Environment } from '@marcbachmann/cel-js';
import { goQuote } from '../../go-text.ts';
import { failed } from '../cel-error.ts';
import type { Comparable } from '../values.ts';

/** A version as semver.org has it; build metadata does not count in comparisons. */
class CelSemver implements Comparable {
  constructor(
    readonly numbers: readonly [bigint, bigint, bigint],
    readonly prerelease: readonly string[],
  ) {}

  equals(other: unknown): boolean {
    return other instanceof CelSemver && this.compare(other) === 0;
  }

  compare(other: CelSemver): number {
    for (const [index, number] of this.numbers.entries()) {
      const against = other.numbers[index] ?? 0n;
      if (number !== against) return number < against ? -1 : 1;
    }
    if (this.prerelease.length === 0 || other.prerelease.length === 0) {
      return Math.sign(other.prerelease.length - this.prerelease.length);
    }
    for (const [index, part] of this.prerelease.entries()) {
      const against = other.prerelease[index];
      if (against === undefined) return 1;
      const order = comparePart(part, against);
      if (order !== 0) return order;
    }
    return this.prerelease.length < other.prerelease.length ? -1 : 0;
  }
}

function comparePart(a: string, b: string): number {
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber !== isOther) return isNumber ? -1 : 1;
  if (isNumber) return Math.sign(Number(BigInt(a) - BigInt(b)));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Throws a `CelError` with upstream's message. */
function parse(text: string): CelSemver {
  if (text === '') throw failed('Version string empty');
  const [version = '', build] = splitOnce(text, '+');
  const [core = '', prerelease] = splitOnce(version, '-');
  const parts = core.split('.');
  if (parts.length !== 3) throw failed('No Major.Minor.Patch elements found');
  const numbers = parts.map((part, index) =>
    readNumber(part, ['Major', 'Minor', 'Patch'][index] ?? ''),
  );
  const labels = prerelease?.split('.') ?? [];
  for (const label of labels) checkLabel(label, 'prerelease', 'Prerelease is empty');
  for (const label of build?.split('.') ?? []) {
    checkLabel(label, 'build meta data', 'Build meta data is empty');
  }
  return new CelSemver([numbers[0] ?? 0n, numbers[1] ?? 0n, numbers[2] ?? 0n], labels);
}

function splitOnce(text: string, separator: string): readonly (string | undefined)[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function readNumber(text: string, name: string): bigint {
  if (!/^\d+$/.test(text)) {
    throw failed(`Invalid character(s) found in ${name.toLowerCase()} number ${goQuote(text)}`);
  }
  if (/^0\d/.test(text)) {
    throw failed(`${name} number must not contain leading zeroes ${goQuote(text)}`);
  }
  return BigInt(text);
}

function checkLabel(label: string, place: string, empty: string): void {
  if (label === '') throw failed(empty);
  if (!/^[\dA-Za-z-]+$/.test(label)) {
    throw failed(`Invalid character(s) found in ${place} ${goQuote(label)}`);
  }
  if (place === 'prerelease' && /^0\d+$/.test(label)) {
    throw failed(`Numeric PreRelease version must not contain leading zeroes ${goQuote(label)}`);
  }
}

/** `v1.02` → `1.2.0`: without the `v`, leading zeros, and with all three numbers. */
function normalize(text: string): string {
  const parts = splitThrice(text.replace(/^v/, '')).map((part) => part.replace(/^0+(?=\d)/, ''));
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) {
    throw failed('short version cannot contain PreRelease/Build meta data');
  }
  while (parts.length < 3) parts.push('0');
  return parts.join('.');
}

function splitThrice(text: string): string[] {
  const [major = '', minor, ...rest] = text.split('.');
  return [major, minor, rest.length === 0 ? undefined : rest.join('.')].filter(
    (part) => part !== undefined,
  );
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */
export function addSemver(environment: Environment): void {
  const type = 'kubernetes.Semver';
  environment.registerType(type, { ctor: CelSemver, fields: {} });
  const read = (text: string, isLoose = false) => parse(isLoose ? normalize(text) : text);
  const isVersion = (text: string, isLoose = false) => {
    try {
      read(text, isLoose);
      return true;
    } catch {
      return false;
    }
  };
  define(environment, `semver(string): ${type}`, (text: string) => read(text));
  define(environment, `semver(string, bool): ${type}`, read);
  define(environment, 'isSemver(string): bool', (text: string) => isVersion(text));
  define(environment, 'isSemver(string, bool): bool', isVersion);
  for (const [index, name] of ['major', 'minor', 'patch'].entries()) {
    define(environment, `${type}.${name}(): int`, ({ numbers }: CelSemver) => numbers[index]);
  }
  define(environment, `${type}.compareTo(${type}): int`, (a: CelSemver, b: CelSemver) =>
    BigInt(a.compare(b)),
  );
  define(
    environment,
    `${type}.isGreaterThan(${type}): bool`,
    (a: CelSemver, b: CelSemver) => a.compare(b) > 0,
  );
  define(
    environment,
    `${type}.isLessThan(${type}): bool`,
    (a: CelSemver, b: CelSemver) => a.compare(b) < 0,
  );
  environment.registerOperator(`${type} == ${type}`, (a: CelSemver, b: CelSemver) => a.equals(b));
}
