import type { LabelSelector as LabelSelectorObject } from '../generated/meta-v1.generated.ts';
import { goQuote } from '../go-text.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import { SelectorError } from './selector-error.ts';

/**
 * All requirements must hold, sorted by key; no requirement selects everything, null nothing.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export type LabelSelector = readonly LabelRequirement[] | null;

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** sorted; one for comparisons, none for `exists` and `!` */
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

const everything: readonly LabelRequirement[] = [];

export function matchesLabels(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector?.every((requirement) => holds(requirement, labels ?? {})) ?? false;
}

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const number = value === undefined ? undefined : parseInteger(value);
      const limit = parseInteger(values[0] ?? '');
      if (number === undefined || limit === undefined) return false;
      return operator === 'gt' ? number > limit : number < limit;
    }
  }
}

/** What Go's strconv.ParseInt takes: 64 bits, decimal. */
function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const number = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

/** A selector as query parameters and command lines write it. Throws a `SelectorError` with upstream's message. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  const requirements = new Parser(text).parse();
  return requirements.length === 0 ? everything : sortByKey(requirements);
}

/** The selector an object's field describes; a missing field selects nothing. Throws a `SelectorError`. */
export function labelSelectorOf(object: LabelSelectorObject | undefined): LabelSelector {
  if (object === undefined) return null;
  const requirements = Object.entries(object.matchLabels ?? {}).map(([key, value]) =>
    requirement(key, '=', [value]),
  );
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = objectOperators.get(operator);
    if (known === undefined) {
      throw new SelectorError(`${goQuote(operator)} is not a valid label selector operator`);
    }
    requirements.push(requirement(key, known, values ?? []));
  }
  return sortByKey(requirements);
}

/** A selector for exactly these labels, unchecked. */
export function selectorFromLabels(labels: Labels): readonly LabelRequirement[] {
  return sortByKey(
    Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] })),
  );
}

export function formatLabelSelector(selector: LabelSelector): string {
  return (selector ?? []).map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${list}`;
  }
}

const objectOperators = new Map<string, LabelOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/** Ordered as Go orders strings: by bytes, which for valid keys is by code unit. */
function sortByKey(requirements: readonly LabelRequirement[]): readonly LabelRequirement[] {
  return requirements.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
}

/** A checked requirement; several problems are listed as upstream's aggregate error lists them. */
function requirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
): LabelRequirement {
  const problems = [...keyProblems(key, 'key'), ...countProblems(operator, values)];
  for (const [index, value] of values.entries()) {
    const wrong = isLabelValue(value);
    if (wrong.length > 0) {
      problems.push(invalid(`values[${index}][${key}]`, goQuote(value), wrong.join('; ')));
    }
  }
  if (problems.length === 0) return { key, operator, values };
  throw new SelectorError(problems.length === 1 ? problems.join('') : `[${problems.join(', ')}]`);
}

function keyProblems(key: string, path: string): string[] {
  const wrong = isQualifiedName(key);
  return wrong.length === 0 ? [] : [invalid(path, goQuote(key), wrong.join('; '))];
}

function countProblems(operator: LabelOperator, values: readonly string[]): string[] {
  const all = () => JSON.stringify(values);
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length > 0
        ? []
        : [invalid('values', all(), "for 'in', 'notin' operators, values set can't be empty")];
    case '=':
    case '==':
    case '!=':
      return values.length === 1
        ? []
        : [invalid('values', all(), 'exact-match compatibility requires one single value')];
    case 'exists':
    case '!':
      return values.length === 0
        ? []
        : [invalid('values', all(), 'values set must be empty for exists and does not exist')];
    case 'gt':
    case 'lt':
      return values
        .filter((value) => parseInteger(value) === undefined)
        .map((value, index) =>
          invalid(
            `values[${index}]`,
            goQuote(value),
            "for 'Gt', 'Lt' operators, the value must be an integer",
          ),
        );
  }
}

function invalid(path: string, value: string, detail: string): string {
  return `${path}: Invalid value: ${value}: ${detail}`;
}

/** Texts that stand for themselves; anything else between white space is an identifier. */
const symbols = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];
const operatorOf = new Map<string, LabelOperator>([
  ['in', 'in'],
  ['notin', 'notin'],
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['>', 'gt'],
  ['<', 'lt'],
]);

/** Recursive descent over the tokens; `''` is the end of the text. */
class Parser {
  readonly #tokens: readonly string[];
  #position = 0;

  constructor(text: string) {
    // A NUL ends the text, as it does for upstream's lexer.
    const read = text.replace(/\0[^]*$/, '');
    this.#tokens = read.match(/==|!=|[=!(),<>]|[^=!(),<>\s]+/g) ?? [];
  }

  get #next(): string {
    return this.#tokens[this.#position] ?? '';
  }

  #take(): string {
    const token = this.#next;
    this.#position += 1;
    return token;
  }

  parse(): readonly LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    while (this.#next !== '') {
      if (!isIdentifier(this.#next) && this.#next !== '!') {
        throw new SelectorError(
          `found '${this.#next}', expected: !, identifier, or 'end of string'`,
        );
      }
      requirements.push(this.#requirement());
      const after = this.#take();
      if (after === '') break;
      if (after !== ',') {
        throw new SelectorError(`found '${after}', expected: ',' or 'end of string'`);
      }
      if (!isIdentifier(this.#next) && this.#next !== '!') {
        throw new SelectorError(`found '${this.#next}', expected: identifier after ','`);
      }
    }
    return requirements;
  }

  #requirement(): LabelRequirement {
    try {
      const isNegated = this.#next === '!';
      if (isNegated) this.#take();
      const key = this.#take();
      if (!isIdentifier(key)) {
        throw new SelectorError(`found '${key}', expected: identifier`);
      }
      const wrong = keyProblems(key, '<nil>');
      if (wrong.length > 0) throw new SelectorError(wrong.join(''));
      if (isNegated) return requirement(key, '!', []);
      if (this.#next === '' || this.#next === ',') return requirement(key, 'exists', []);
      const token = this.#take();
      const operator = operatorOf.get(token);
      if (operator === undefined) {
        throw new SelectorError(`found '${token}', expected: in, notin, =, ==, !=, gt, lt`);
      }
      const isSet = operator === 'in' || operator === 'notin';
      return requirement(key, operator, isSet ? this.#values() : [this.#value()]);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`, { cause: error });
    }
  }

  /** `(a, b,)`: an empty place is the empty value. */
  #values(): readonly string[] {
    const open = this.#take();
    if (open !== '(') throw new SelectorError(`found '${open}' expected: '('`);
    const first = this.#next;
    if (first !== ')' && first !== ',' && !isIdentifier(first)) {
      throw new SelectorError(`found '${first}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    for (;;) {
      if (this.#next === ',' || this.#next === ')') values.add('');
      else if (isIdentifier(this.#next)) values.add(this.#take());
      else throw new SelectorError(`found '${this.#next}', expected: ',', or identifier`);
      const after = this.#take();
      if (after === ')') return [...values].toSorted();
      if (after !== ',') throw new SelectorError(`found '${after}', expected: ',' or ')'`);
    }
  }

  #value(): string {
    if (this.#next === '' || this.#next === ',') return '';
    const token = this.#take();
    if (!isIdentifier(token)) throw new SelectorError(`found '${token}', expected: identifier`);
    return token;
  }
}

/** `in` and `notin` may also be keys and values. */
function isIdentifier(token: string): boolean {
  return token !== '' && !symbols.includes(token);
}
