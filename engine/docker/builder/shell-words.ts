/**
 * Variables, quotes and escapes in the arguments of instructions, as a POSIX shell has them:
 * `$name`, `${name}`, `${name:-word}`, `${name:+word}`, `${name:?word}` and the same without the
 * colon (Dockerfile reference, "Environment replacement").
 */
import { BuildError } from './build-error.ts';
import type { EscapeToken } from './dockerfile-lines.ts';

export type Environment = ReadonlyMap<string, string>;

/** One word: spaces stay. Throws BuildError INVALID. */
export function expandWord(text: string, environment: Environment, escape: EscapeToken): string {
  return new Expansion(text, environment, escape).run().text;
}

/** Like `expandWord`, but what variables held is split at spaces into several words. */
export function expandWords(
  text: string,
  environment: Environment,
  escape: EscapeToken,
): readonly string[] {
  return new Expansion(text, environment, escape).run().words;
}

class Expansion {
  readonly #text: string;
  readonly #environment: Environment;
  readonly #escape: EscapeToken;
  #at = 0;

  constructor(text: string, environment: Environment, escape: EscapeToken) {
    this.#text = text;
    this.#environment = environment;
    this.#escape = escape;
  }

  run(): { text: string; words: readonly string[] } {
    try {
      return this.#until('');
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      throw new BuildError(
        'INVALID',
        `failed to process ${JSON.stringify(this.#text)}: ${error.message}`,
      );
    }
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #until(stop: string): { text: string; words: readonly string[] } {
    let text = '';
    const words: string[] = [];
    let word: string | undefined;
    const addRaw = (part: string): void => {
      text += part;
      word = (word ?? '') + part;
    };
    const addSplit = (part: string): void => {
      text += part;
      for (const char of part) {
        if (!/\s/.test(char)) word = (word ?? '') + char;
        else if (word !== undefined) {
          words.push(word);
          word = undefined;
        }
      }
    };
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (stop !== '' && char === stop) {
        this.#at++;
        if (word !== undefined) words.push(word);
        return { text, words };
      }
      if (char === "'") addRaw(this.#singleQuoted());
      else if (char === '"') addRaw(this.#doubleQuoted());
      else if (char === '$') addSplit(this.#dollar());
      else if (char === this.#escape) {
        addRaw(this.#text.charAt(this.#at + 1));
        this.#at += 2;
      } else {
        addSplit(char);
        this.#at++;
      }
    }
    if (stop !== '') throw new BuildError('INVALID', "syntax error: missing '}'");
    if (word !== undefined) words.push(word);
    return { text, words };
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0)
      throw new BuildError(
        'INVALID',
        'unexpected end of statement while looking for matching single-quote',
      );
    const result = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return result;
  }

  #doubleQuoted(): string {
    let result = '';
    this.#at++;
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (char === '"') {
        this.#at++;
        return result;
      }
      if (char === '$') {
        result += this.#dollar();
        continue;
      }
      this.#at++;
      if (char !== this.#escape) {
        result += char;
        continue;
      }
      const escaped = this.#peek();
      if (escaped === '"' || escaped === '$' || escaped === this.#escape) {
        result += escaped;
        this.#at++;
      } else if (this.#at < this.#text.length) {
        result += char;
      }
    }
    throw new BuildError(
      'INVALID',
      'unexpected end of statement while looking for matching double-quote',
    );
  }

  #dollar(): string {
    this.#at++;
    if (this.#peek() !== '{') {
      const name = this.#name();
      return name === '' ? '$' : (this.#environment.get(name) ?? '');
    }
    this.#at++;
    if (this.#peek() === '') throw new BuildError('INVALID', "syntax error: missing '}'");
    if ('{}:'.includes(this.#peek()))
      throw new BuildError('INVALID', 'syntax error: bad substitution');
    const name = this.#name();
    const value = this.#environment.get(name);
    if (this.#peek() === '}') {
      this.#at++;
      return value ?? '';
    }
    const colon = this.#peek() === ':' ? ':' : '';
    this.#at += colon.length;
    const modifier = this.#peek();
    this.#at++;
    if (modifier === '') throw new BuildError('INVALID', "syntax error: missing '}'");
    if (!'-+?'.includes(modifier))
      throw new BuildError('INVALID', `unsupported modifier (${colon}${modifier}) in substitution`);
    const word = this.#until('}').text;
    const isUnset = value === undefined || (colon !== '' && value === '');
    if (modifier === '-') return isUnset ? word : value;
    if (modifier === '+') return isUnset ? '' : word;
    if (!isUnset) return value;
    const reason =
      word === '' ? `is not allowed to be ${value === undefined ? 'unset' : 'empty'}` : word;
    throw new BuildError('INVALID', `${name}: ${reason}`);
  }

  #name(): string {
    const [name = ''] = /^(?:[A-Za-z_]\w*|\d+|[@*#?\-$!])/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += name.length;
    return name;
  }
}
