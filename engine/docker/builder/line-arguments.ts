/** Ways in which instructions write their arguments (Dockerfile reference, per instruction). */
import { parseGoDuration } from '../../base/go-duration.ts';
import { messageOf } from '../../base/message-of.ts';
import { BuildError, DockerfileSyntaxError } from './build-error.ts';
import type { EscapeToken } from './dockerfile-lines.ts';

export interface Pair {
  readonly key: string;
  readonly value: string;
}

/**
 * Elements of a JSON array of strings, or undefined when the text is no JSON array: then it is
 * shell form. Throws when the array holds anything but strings.
 */
export function jsonArray(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const elements: readonly unknown[] = parsed;
  return elements.map((element) => {
    if (typeof element === 'string') return element;
    throw new DockerfileSyntaxError(
      'When using JSON array syntax, arrays must be comprised of strings only.',
    );
  });
}

export function whitespaceDelimited(text: string): readonly string[] {
  return text === '' ? [] : text.split(/[\t\v\f\r ]+/);
}

/** Words with their quotes and escapes still in place: those go when variables are expanded. */
export function quotedWords(text: string, escape: EscapeToken): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let started = false;
  const finish = (): void => {
    if (started) words.push(word);
    word = '';
    started = false;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote === '' && /\s/.test(char)) {
      finish();
      continue;
    }
    started = true;
    if (char === escape && quote !== "'") {
      if (at + 1 === text.length) break;
      word += char + text.charAt(++at);
      continue;
    }
    if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    word += char;
  }
  finish();
  return words;
}

/** `key=value …`, or the old form `key value with spaces` with one pair. */
export function pairs(text: string, instruction: string, escape: EscapeToken): readonly Pair[] {
  const words = quotedWords(text, escape);
  const [first] = words;
  if (first === undefined)
    throw new BuildError('INVALID', `${instruction} requires at least one argument`);
  if (!first.includes('=')) {
    const [, key = '', value] = /^(\S+)[\t\v\f\r ]+([^]*)$/.exec(text) ?? [];
    if (value === undefined)
      throw new DockerfileSyntaxError(`${instruction} must have two arguments`);
    return [{ key, value }];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 0) {
      throw new DockerfileSyntaxError(
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    }
    if (at === 0) throw new BuildError('INVALID', `${instruction} names can not be blank`);
    return { key: word.slice(0, at), value: word.slice(at + 1) };
  });
}

/** Checks the flags of an instruction against those it knows and returns their values. */
export function flagValues(
  flags: readonly string[],
  known: readonly string[],
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const flag of flags) {
    const [, name = '', value] = /^--([^=]*)(?:=([^]*))?$/.exec(flag) ?? [];
    if (!known.includes(name)) throw new BuildError('INVALID', `Unknown flag: ${name}`);
    if (Object.hasOwn(values, name))
      throw new BuildError('INVALID', `Duplicate flag specified: ${name}`);
    if (value === undefined) throw new BuildError('INVALID', `Missing a value on flag: ${name}`);
    values[name] = value;
  }
  return values;
}

/** A duration as Go writes it, `1m30s`, in nanoseconds. `flag` is named in the refusal. */
export function goDuration(text: string | undefined, flag: string): number {
  if (text === undefined || text === '' || text === '0') return 0;
  let milliseconds: number;
  try {
    milliseconds = parseGoDuration(text);
  } catch (error) {
    throw new BuildError('INVALID', messageOf(error));
  }
  if (milliseconds !== 0 && milliseconds < 1)
    throw new BuildError('INVALID', `Interval ${JSON.stringify(flag)} cannot be less than 1ms`);
  return milliseconds * 1e6;
}

/** Nanoseconds as Go prints a duration: `1m30s`, `0s`, `500ms`. */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = (nanoseconds % 60e9) / 1e9;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
