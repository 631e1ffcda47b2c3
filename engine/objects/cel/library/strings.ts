import { define, ours } from './define.ts';
import { defineMacro, type Macro, type MacroCall } from './macro.ts';
import type { Environment } from '@marcbachmann/cel-js';
import { goRegExp } from '../../go-regexp.ts';
import { failed } from '../cel-error.ts';
import { formatText } from './format-text.ts';
import { namedEscapes } from '../../go-text.ts';
import { itemsOf } from '../values.ts';

class StringsNamespace {}

/**
 * Functions of texts beyond the language's own: the extension `strings` and Kubernetes' regular
 * expressions. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library
 */
export function addStrings(environment: Environment): void {
  addIndexes(environment);
  define(environment, `string.${ours('lowerAscii')}(): string`, (text: string) =>
    text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  );
  define(environment, `string.${ours('upperAscii')}(): string`, (text: string) =>
    text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase()),
  );
  define(environment, `string.${ours('matches')}(string): bool`, matches);
  define(environment, `${ours('matches')}(string, string): bool`, matches);
  define(environment, 'string.charAt(int): string', (text: string, index: bigint) => {
    const characters = Array.from(text);
    const position = Number(index);
    if (position < 0 || position > characters.length) throw failed(`index out of range: ${index}`);
    return characters[position] ?? '';
  });
  define(
    environment,
    'string.replace(string, string): string',
    (text: string, from: string, to: string) => text.replaceAll(from, () => to),
  );
  define(
    environment,
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, most: bigint) => {
      let replaced = 0n;
      return text.replaceAll(from, (found) => {
        replaced += 1n;
        return most < 0n || replaced <= most ? to : found;
      });
    },
  );
  defineMacro(environment, 'string.format(ast): string', expandFormat);
  environment.registerType('StringsNamespace', StringsNamespace);
  environment.registerConstant('strings', 'StringsNamespace', new StringsNamespace());
  define(environment, 'StringsNamespace.quote(string): string', (_strings, text: string) =>
    quote(text),
  );
  define(
    environment,
    'string.find(string): string',
    (text: string, pattern: string) => regExp(pattern).exec(text)?.[0] ?? '',
  );
  const all = (text: string, pattern: string) =>
    Array.from(text.matchAll(new RegExp(regExp(pattern), 'gu')), ([found]) => found);
  define(environment, 'string.findAll(string): list<string>', all);
  define(
    environment,
    'string.findAll(string, int): list<string>',
    (text: string, pattern: string, most: bigint) =>
      most < 0n ? all(text, pattern) : all(text, pattern).slice(0, Number(most)),
  );
}

/** Positions count characters. */
function addIndexes(environment: Environment): void {
  const find = (text: string, part: string, from: bigint) => {
    const wanted = Array.from(part);
    const characters = Array.from(text);
    const isAt = (start: number) =>
      wanted.every((each, index) => characters[start + index] === each);
    for (let start = Number(from); start <= characters.length - wanted.length; start += 1) {
      if (isAt(start)) return BigInt(start);
    }
    return -1n;
  };
  const findLast = (text: string, part: string, from?: bigint) => {
    const last = Array.from(text).length - Array.from(part).length;
    for (let start = from === undefined ? last : Number(from); start >= 0; start -= 1) {
      if (start <= last && find(text, part, BigInt(start)) === BigInt(start)) return BigInt(start);
    }
    return -1n;
  };
  const first = ours('indexOf');
  define(environment, `string.${first}(string): int`, (text: string, part: string) =>
    find(text, part, 0n),
  );
  define(
    environment,
    `string.${first}(string, int): int`,
    (text: string, part: string, from: bigint) => {
      if (from < 0n) throw failed(`index out of range: ${from}`);
      return find(text, part, from);
    },
  );
  const last = ours('lastIndexOf');
  define(environment, `string.${last}(string): int`, (text: string, part: string) =>
    findLast(text, part),
  );
  define(
    environment,
    `string.${last}(string, int): int`,
    (text: string, part: string, from: bigint) => {
      if (from < 0n) throw failed(`index out of range: ${from}`);
      return findLast(text, part, from);
    },
  );
  const part = ours('substring');
  define(environment, `string.${part}(int): string`, (text: string, from: bigint) => {
    const characters = Array.from(text);
    if (from < 0n || from > characters.length) throw failed(`index out of range: ${from}`);
    return characters.slice(Number(from)).join('');
  });
  define(
    environment,
    `string.${part}(int, int): string`,
    (text: string, from: bigint, to: bigint) => {
      const characters = Array.from(text);
      if (from > to) throw failed(`invalid substring range. start: ${from}, end: ${to}`);
      if (from < 0n || from > characters.length) throw failed(`index out of range: ${from}`);
      if (to > characters.length) throw failed(`index out of range: ${to}`);
      return characters.slice(Number(from), Number(to)).join('');
    },
  );
}

function matches(text: string, pattern: string): boolean {
  return regExp(pattern).test(text);
}

/** The list may hold values of several types, as no other list that is written out may. */
function expandFormat({ receiver, args: [list] }: MacroCall): Macro {
  return {
    typeCheck(checker, _self, scope) {
      checker.check(receiver, scope);
      if (list?.op === 'list') for (const item of list.args) checker.check(item, scope);
      else if (list !== undefined) checker.check(list, scope);
      return checker.getType('string');
    },
    evaluate(runner, _self, scope) {
      const text = runner.run(receiver, scope) as string;
      if (list === undefined) return formatText(text, []);
      return list.op === 'list'
        ? formatText(
            text,
            list.args.map((item) => runner.run(item, scope)),
          )
        : formatText(text, itemsOf(runner.run(list, scope)));
    },
  };
}

function regExp(pattern: string): RegExp {
  const expression = goRegExp(pattern);
  if (expression === undefined) throw failed(`Illegal regex: error parsing regexp: \`${pattern}\``);
  return expression;
}

function quote(text: string): string {
  return `"${Array.from(text, (character) => namedEscapes[character] ?? character).join('')}"`;
}
