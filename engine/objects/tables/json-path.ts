/**
 * The JSONPath that CRDs name their columns with, as client-go reads it: fields, indexes, slices, unions,
 * filters, `*` and `..`; all of it inside one pair of braces, so no text between and no `range`.
 * https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
export type JsonPath = (value: unknown) => readonly unknown[];

/** A path that cannot be read, or a value that it does not fit. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

type Step = (values: readonly unknown[]) => readonly unknown[];

/** Errors: `JsonPathError`, also from the path that is returned. Missing fields are no error. */
export function parseJsonPath(text: string): JsonPath {
  const steps = new PathParser(text).parse();
  return (value) => walk(steps, [value]);
}

function walk(steps: readonly Step[], values: readonly unknown[]): readonly unknown[] {
  return steps.reduce((found, step) => step(found), values);
}

const fieldEnd = /[\s.,[\]$@{}]/;
const slice = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;
const comparison = /^([^!<>=]+)([!<>=]+)(.+?)$/;

class PathParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): readonly Step[] {
    const steps: Step[] = [];
    while (this.#at < this.#text.length) {
      const step = this.#step();
      if (step) steps.push(step);
    }
    return steps;
  }

  #step(): Step | undefined {
    const rest = this.#text.slice(this.#at);
    if (rest.startsWith('[?(')) return this.#filter();
    if (rest.startsWith('..')) {
      this.#at += 1;
      // a name may follow at once, and a bracket or a field after its own dot
      if (!/^\.\.[\p{L}\p{N}_]/u.test(rest)) this.#at += 1;
      return descend;
    }
    const [first = ''] = rest;
    switch (first) {
      case ' ':
      case '@':
      case '$':
        this.#at += 1;
        return undefined;
      case '[':
        return this.#brackets();
      case '"':
      case "'":
        return constant(this.#quoted(first));
      case '.':
        this.#at += 1;
        return this.#field();
    }
    const literal = /^(?:[+-]?[\d.]+|true|false)(?![\p{L}\p{N}_])/u.exec(rest)?.[0] ?? '';
    this.#at += literal.length;
    if (literal === 'true' || literal === 'false') return constant(literal === 'true');
    if (literal === '' || Number.isNaN(Number(literal))) {
      throw new JsonPathError(`unrecognized character in action: ${first}`);
    }
    return constant(Number(literal));
  }

  #field(): Step {
    let name = '';
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? '';
      if (character === '\\') this.#at += 1;
      else if (fieldEnd.test(character)) break;
      name += this.#text[this.#at] ?? '';
    }
    return name === '*' ? eachMember : member(name);
  }

  #brackets(): Step {
    const end = this.#text.indexOf(']', this.#at);
    if (end < 0) throw new JsonPathError('unterminated array');
    const inner = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    const parts = inner.split(',');
    if (parts.length > 1) {
      const paths = parts.map((part) => new PathParser(`[${part.trim()}]`).parse());
      return (values) => paths.flatMap((path) => walk(path, values));
    }
    const key = /^'([^']*)'$/.exec(inner)?.[1];
    if (key !== undefined) {
      const path = new PathParser(`.${key}`).parse();
      return (values) => walk(path, values);
    }
    const bounds = slice.exec(inner === '*' ? ':' : inner);
    if (!bounds) throw new JsonPathError(`invalid array index ${inner}`);
    return elements(bounds);
  }

  #filter(): Step {
    this.#at += '[?('.length;
    const start = this.#at;
    let quote = '';
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? '';
      if (quote === '' && character === ')') break;
      if (quote === '' && (character === '"' || character === "'")) quote = character;
      else if (character === quote && this.#text[this.#at - 1] !== '\\') quote = '';
    }
    const inner = this.#text.slice(start, this.#at);
    if (!this.#text.startsWith(')]', this.#at)) throw new JsonPathError('unterminated filter');
    this.#at += ')]'.length;
    const [, left, operator = '', right] = comparison.exec(inner) ?? [];
    if (left === undefined || right === undefined) {
      const path = new PathParser(inner).parse();
      return keep((item) => walk(path, [item]).length > 0);
    }
    const [leftPath, rightPath] = [new PathParser(left).parse(), new PathParser(right).parse()];
    return keep((item) => {
      const [found, expected] = [walk(leftPath, [item]), walk(rightPath, [item])];
      if (found.length === 0 || expected.length === 0) return false;
      if (found.length > 1 || expected.length > 1) {
        throw new JsonPathError('can only compare one element at a time');
      }
      return compare(found[0], operator, expected[0]);
    });
  }

  #quoted(quote: string): string {
    let value = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? '';
      if (character === quote) {
        this.#at += 1;
        return value;
      }
      if (character === '\\') this.#at += 1;
      value += this.#text[this.#at] ?? '';
    }
    throw new JsonPathError('unterminated quoted string');
  }
}

const constant =
  (value: unknown): Step =>
  (values) =>
    values.map(() => value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const member =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));

function inside(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

const eachMember: Step = (values) => values.flatMap(inside);

/** Everything that has something inside, the outer before the inner. */
const descend: Step = (values) =>
  values.flatMap((value) => {
    const members = inside(value);
    return members.length === 0 ? [] : [value, ...descend(members)];
  });

function elements([, first = '', second, third]: readonly (string | undefined)[]): Step {
  const number = (text: string | undefined) =>
    text === undefined || text === ':' ? undefined : Number(text.slice(1));
  const start = first === '' ? 0 : Number(first);
  const step = number(third) ?? 1;
  if (step <= 0) throw new JsonPathError('step must be > 0');
  return (values) =>
    values.flatMap((list) => {
      if (list === null || list === undefined) return [];
      if (!Array.isArray(list)) throw new JsonPathError('not array or slice');
      const { length } = list;
      const from = start < 0 ? start + length : start;
      const single = second === undefined;
      const end = single ? start + 1 : (number(second) ?? length);
      const to = end < 0 || (single && end === 0) ? end + length : end;
      if (from === to) return [];
      if (from < 0 || from >= length || to < 0 || to > length || from > to) {
        throw new JsonPathError(`array index out of bounds: index ${from}, length ${length}`);
      }
      return list.slice(from, to).filter((_, index) => index % step === 0) as unknown[];
    });
}

const keep =
  (wanted: (item: unknown) => boolean): Step =>
  (lists) =>
    lists.flatMap((list) => {
      if (!Array.isArray(list)) throw new JsonPathError('cannot be filtered');
      return list.filter(wanted) as unknown[];
    });

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right || isObject(left) || Array.isArray(left)) {
    throw new JsonPathError('incompatible types for comparison');
  }
  const [a, b] = [left as string | number, right as string | number];
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`);
  }
}
