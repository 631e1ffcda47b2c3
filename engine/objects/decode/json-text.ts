import { goQuote } from '../go-text.ts';
import { DecodeError } from './decode-error.ts';

/**
 * What `JSON.parse` cannot tell: where a text stops being JSON, in the words of Go's encoding/json,
 * and which keys an object has twice. It is slower than `JSON.parse`, so only texts that need it
 * come here.
 */
export interface JsonKeys {
  /** offset of the first mention of each field, by path: `spec.containers[0].name` */
  readonly offsets: ReadonlyMap<string, number>;
  /** paths of keys mentioned again, with the offset of that mention */
  readonly duplicates: readonly { readonly path: string; readonly offset: number }[];
}

/** Throws a `DecodeError` where the text is not JSON. */
export function scanJson(text: string): JsonKeys {
  return new Scanner(text).scan();
}

class Scanner {
  readonly #text: string;
  #at = 0;
  readonly #offsets = new Map<string, number>();
  readonly #duplicates: { path: string; offset: number }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  scan(): JsonKeys {
    this.#value('');
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return { offsets: this.#offsets, duplicates: this.#duplicates };
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  /** Moves past white space and one character, which must be among `wanted`. */
  #take(wanted: string, context: string): string {
    this.#space();
    const character = this.#text[this.#at];
    if (character === undefined || !wanted.includes(character)) throw this.#unexpected(context);
    this.#at += 1;
    return character;
  }

  /** `isWhole` says that white space could stand here, so that the end of the text is just an end. */
  #unexpected(context: string, isWhole = true): DecodeError {
    const rest = this.#text.slice(this.#at, this.#at + 2) || (isWhole ? '' : ' ');
    if (rest === '') return new DecodeError('SYNTAX', 'unexpected end of JSON input');
    // Go looks at bytes.
    const [byte = 0] = new TextEncoder().encode(rest);
    const character = quoteCharacter(String.fromCodePoint(byte));
    return new DecodeError('SYNTAX', `invalid character ${character} ${context}`);
  }

  #value(path: string): void {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(path);
      case '[':
        return this.#array(path);
      case '"':
        this.#string();
        return undefined;
      case 't':
        return this.#literal('true');
      case 'f':
        return this.#literal('false');
      case 'n':
        return this.#literal('null');
      default:
        return this.#number();
    }
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at += 1;
      return;
    }
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected('looking for beginning of object key string');
      }
      const offset = this.#at;
      const key = this.#string();
      const child = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.#duplicates.push({ path: child, offset });
      else this.#offsets.set(child, offset);
      seen.add(key);
      this.#take(':', 'after object key');
      this.#value(child);
    } while (this.#take(',}', 'after object key:value pair') === ',');
  }

  #array(path: string): void {
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at += 1;
      return;
    }
    let index = 0;
    do {
      this.#value(`${path}[${index}]`);
      index += 1;
    } while (this.#take(',]', 'after array element') === ',');
  }

  #literal(word: string): void {
    for (const character of word) {
      if (this.#text[this.#at] !== character) {
        throw this.#unexpected(
          `in literal ${word} (expecting ${quoteCharacter(character)})`,
          false,
        );
      }
      this.#at += 1;
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character < ' ') throw this.#unexpected('in string literal');
      this.#at += 1;
      if (character === '"') break;
      if (character === '\\') this.#escape();
    }
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    const character = this.#text[this.#at];
    if (character === undefined || !'"\\/bfnrtu'.includes(character)) {
      throw this.#unexpected('in string escape code', false);
    }
    this.#at += 1;
    if (character !== 'u') return;
    for (let digit = 0; digit < 4; digit += 1) {
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) {
        throw this.#unexpected(String.raw`in \u hexadecimal character escape`, false);
      }
      this.#at += 1;
    }
  }

  #number(): void {
    const isNegative = this.#text[this.#at] === '-';
    if (isNegative) this.#at += 1;
    if (this.#text[this.#at] === '0') this.#at += 1;
    else if (isNegative) this.#digits('in numeric literal');
    else this.#digits('looking for beginning of value', false);
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#digits('after decimal point in numeric literal');
    }
    if ('eE'.includes(this.#text[this.#at] ?? 'x')) {
      this.#at += 1;
      if ('+-'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(context: string, isNumber = true): void {
    const start = this.#at;
    while (isDigit(this.#text[this.#at])) this.#at += 1;
    if (this.#at === start) throw this.#unexpected(context, !isNumber);
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** A character as Go's scanner quotes it. */
function quoteCharacter(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  return `'${goQuote(character).slice(1, -1)}'`;
}
