/** Scans a regular expression of Go (`regexp/syntax`, flags Perl) and tells what keeps it from being one. */

/** The problem as Go says it; undefined if there is none. */
export function goRegExpProblem(pattern: string): string | undefined {
  try {
    new Scanner(pattern).scan();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return `error parsing regexp: ${error.message}`;
    throw error;
  }
}

class Problem extends Error {
  constructor(what: string, part: string) {
    super(`${what}: \`${part}\``);
  }
}

/** Copies of the innermost thing that nested repetitions may make together. */
const mostCopies = 1000;

interface Group {
  /** copies the last thing makes of what is inside it; undefined: there is nothing to repeat */
  last: number | undefined;
  /** most copies that anything in the group makes */
  most: number;
}

const emptyGroup = (): Group => ({ last: undefined, most: 1 });

const posixNames = new Set(
  'alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit'.split(' '),
);

class Scanner {
  #at = 0;
  #group: Group = emptyGroup();
  readonly #outer: Group[] = [];

  constructor(private readonly text: string) {}

  scan(): void {
    let lastRepeat: number | undefined;
    while (this.#at < this.text.length) {
      const start = this.#at;
      const repetition = this.#take(/[*+?]|\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\}/y);
      if (repetition === undefined) {
        this.#single();
        lastRepeat = undefined;
        continue;
      }
      const copies = counted(repetition);
      this.#take(/\?/y);
      if (lastRepeat !== undefined) {
        throw new Problem('invalid nested repetition operator', this.#since(lastRepeat));
      }
      this.#repeat(copies, start);
      lastRepeat = start;
    }
    if (this.#outer.length > 0) throw new Problem('missing closing )', this.text);
  }

  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const [taken] = expression.exec(this.text) ?? [];
    this.#at += taken?.length ?? 0;
    return taken;
  }

  #since(start: number): string {
    return this.text.slice(start, this.#at);
  }

  #repeat(copies: number, start: number): void {
    const { last } = this.#group;
    if (last === undefined) {
      throw new Problem('missing argument to repetition operator', this.#since(start));
    }
    if (copies > 1 && last * copies > mostCopies) {
      throw new Problem('invalid repeat count', this.#since(start));
    }
    this.#operand(last * Math.max(1, copies));
  }

  #operand(copies = 1): void {
    this.#group.last = copies;
    this.#group.most = Math.max(this.#group.most, copies);
  }

  /** Anything but a repetition. */
  #single(): void {
    switch (this.text[this.#at]) {
      case '(':
        return this.#open();
      case ')':
        return this.#close();
      case '|':
        this.#at++;
        this.#group.last = undefined;
        return;
      case '[':
        this.#class();
        break;
      case '\\':
        if (this.#take(/\\Q/y) !== undefined) {
          const quoted = this.#take(/[^]*?(?=\\E|$)/y) ?? '';
          this.#take(/\\E/y);
          if (quoted === '') return;
        } else if (this.#take(/\\[AbBz]/y) === undefined && !this.#named()) this.#escape();
        break;
      default:
        this.#take(/[^]/uy);
    }
    this.#operand();
  }

  #open(): void {
    const start = this.#at;
    const isNamed = /\(\?(?:P<[^]|<[^])/y;
    isNamed.lastIndex = start;
    if (isNamed.test(this.text)) {
      const capture = this.#take(/\(\?P?<[^>]*>/y);
      const what = 'invalid named capture';
      if (capture === undefined) throw new Problem(what, this.text.slice(start));
      if (!/^\(\?P?<\w+>$/.test(capture)) throw new Problem(what, capture);
    } else if (this.#take(/\(\?/y) !== undefined) {
      if (this.#take(/[imsU]*(?:-[imsU]+)?\)/y) !== undefined) return;
      if (this.#take(/[imsU]*(?:-[imsU]+)?:/y) === undefined) {
        this.#take(/[imsU]*(?:-[imsU]*)?/y);
        this.#take(/[^]/uy);
        throw new Problem('invalid or unsupported Perl syntax', this.#since(start));
      }
    } else this.#at++;
    this.#outer.push(this.#group);
    this.#group = emptyGroup();
  }

  #close(): void {
    const outer = this.#outer.pop();
    if (outer === undefined) throw new Problem('unexpected )', this.text);
    const { most } = this.#group;
    this.#group = outer;
    this.#at++;
    this.#operand(most);
  }

  /** A class that has a name: `\d`, `\pL`, `\p{Greek}`. */
  #named(): boolean {
    if (this.#take(/\\[dDsSwW]/y) !== undefined) return true;
    const start = this.#at;
    const unclosed = this.#take(/\\[pP](?=\{[^}]*$)/y);
    if (unclosed !== undefined) this.#at = this.text.length;
    const named = unclosed ?? this.#take(/\\[pP](?:\{[^}]*\}|[^{]|$)/uy);
    if (named === undefined) return false;
    const name = /\{\^?([^}]*)\}$/.exec(named)?.[1] ?? named.slice(2);
    if (unclosed !== undefined || !isUnicodeClass(name)) {
      throw new Problem('invalid character class range', this.#since(start));
    }
    return true;
  }

  /** The code of an escaped character. */
  #escape(): number {
    const start = this.#at;
    if (this.#at === this.text.length - 1) {
      throw new Problem('trailing backslash at end of expression', '');
    }
    const octal = this.#take(/\\(?:[1-7][0-7]{1,2}|0[0-7]{0,2})/y);
    if (octal !== undefined) return Number.parseInt(octal.slice(1), 8);
    const hex = this.#take(/\\x(?:[\dA-Fa-f]{2}|\{0*(?:10|[\dA-Fa-f])?[\dA-Fa-f]{1,4}\})/y);
    if (hex !== undefined) return Number.parseInt(hex.replaceAll(/[\\x{}]/g, ''), 16);
    const control = this.#take(/\\[afnrtv]/y);
    if (control !== undefined) return controls[control.slice(1)] ?? 0;
    const mark = this.#take(/\\[!-/:-@[-`{-~\0-\u0020\u007F]/y);
    if (mark !== undefined) return mark.charCodeAt(1);
    this.#take(/\\x\{0*(?:(?:10|[\dA-Fa-f])?[\dA-Fa-f]{0,4}[^]?)|\\x[^]?[^]?|\\[^]/uy);
    throw new Problem('invalid escape sequence', this.#since(start));
  }

  #class(): void {
    const start = this.#at;
    this.#take(/\[\^?/y);
    for (let isFirst = true; isFirst || this.text[this.#at] !== ']'; isFirst = false) {
      const posix = this.#take(/\[:[^]*?:\]/y);
      if (posix !== undefined) {
        if (posixNames.has(posix.slice(2, -2).replace('^', ''))) continue;
        throw new Problem('invalid character class range', posix);
      }
      if (this.#named()) continue;
      const from = this.#at;
      const low = this.#classCharacter(start);
      if (this.#take(/-(?=[^\]])/y) === undefined) continue;
      if (this.#classCharacter(start) < low) {
        throw new Problem('invalid character class range', this.#since(from));
      }
    }
    this.#at++;
  }

  #classCharacter(start: number): number {
    const code = this.text.codePointAt(this.#at);
    if (code === undefined) throw new Problem('missing closing ]', this.text.slice(start));
    if (this.text[this.#at] === '\\') return this.#escape();
    this.#take(/[^]/uy);
    return code;
  }
}

/** How often at most what is repeated is copied. */
function counted(repetition: string): number {
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(repetition) ?? [];
  if (least === undefined) return 1;
  const [from, to] = [Number(least), most ? Number(most) : undefined];
  if (from > mostCopies || (to ?? 0) > mostCopies || (to !== undefined && from > to)) {
    throw new Problem('invalid repeat count', repetition);
  }
  return comma ? (to ?? from) : from;
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** General categories and scripts; case and separators do not matter to Go. */
function isUnicodeClass(name: string): boolean {
  const plain = name.replaceAll(/[-_ ]/g, '').toLowerCase();
  const title = plain.slice(0, 1).toUpperCase() + plain.slice(1);
  if (['Any', 'Assigned', 'Ascii', 'Lc'].includes(title)) return true;
  try {
    new RegExp(`\\p{${title.length < 3 ? 'gc' : 'sc'}=${title}}`, 'u');
    return true;
  } catch {
    return false;
  }
}
