import type { ASTNode, Environment, TypeDeclaration } from '@marcbachmann/cel-js';
import { failed } from '../cel-error.ts';
import { entriesOf, itemsOf } from '../values.ts';
import { defineMacro, variableName, type Macro, type MacroCall, type Scope } from './macro.ts';

/** A pair the comprehension goes over: index and item, or key and value. */
type Pair = readonly [unknown, unknown];
type Test = (expression: ASTNode, pair: Pair) => unknown;

interface Form {
  /** how many expressions follow the names of the two variables */
  readonly expressions: number;
  readonly type: (key: TypeDeclaration, expressions: readonly TypeDeclaration[]) => string;
  readonly run: (pairs: readonly Pair[], expressions: readonly ASTNode[], test: Test) => unknown;
}

/** Errors of some items do not count when another one settles the matter. */
function settle(pairs: readonly Pair[], expression: ASTNode, test: Test, until: boolean): boolean {
  let problem: unknown;
  for (const pair of pairs) {
    try {
      if (test(expression, pair) === until) return until;
    } catch (error) {
      problem ??= error;
    }
  }
  if (problem !== undefined) throw problem;
  return !until;
}

const existsOne: Form['run'] = (pairs, [expression], test) =>
  expression !== undefined && pairs.filter((pair) => test(expression, pair) === true).length === 1;

const transformed =
  (collect: (pairs: readonly Pair[], value: (pair: Pair) => unknown) => unknown): Form['run'] =>
  (pairs, expressions, test) => {
    const value = expressions.at(-1);
    const filter = expressions.length > 1 ? expressions[0] : undefined;
    if (value === undefined) return collect([], () => undefined);
    const kept = filter === undefined ? pairs : pairs.filter((pair) => test(filter, pair) === true);
    return collect(kept, (pair) => test(value, pair));
  };

const toList = transformed((pairs, value) => pairs.map(value));
const toMap = transformed((pairs, value) => new Map(pairs.map((pair) => [pair[0], value(pair)])));
const toEntries = transformed((pairs, value) => {
  const result = new Map<unknown, unknown>();
  for (const [key, entry] of pairs.flatMap((pair) => entriesOf(value(pair)))) {
    if (result.has(key)) throw failed(`insert failed: key ${String(key)} already exists`);
    result.set(key, entry);
  }
  return result;
});

const listOf: Form['type'] = (_key, expressions) => `list<${nameOf(expressions)}>`;
const mapOf: Form['type'] = (key, expressions) => `map<${key.name}, ${nameOf(expressions)}>`;
const entries: Form['type'] = (_key, expressions) => nameOf(expressions);
const bool: Form['type'] = () => 'bool';

function nameOf(types: readonly TypeDeclaration[]): string {
  return types.at(-1)?.name ?? 'dyn';
}

const forms: readonly (readonly [string, Form])[] = [
  ['all', { expressions: 1, type: bool, run: (p, [e], t) => e && settle(p, e, t, false) }],
  ['exists', { expressions: 1, type: bool, run: (p, [e], t) => e && settle(p, e, t, true) }],
  ['existsOne', { expressions: 1, type: bool, run: existsOne }],
  ['transformList', { expressions: 1, type: listOf, run: toList }],
  ['transformList', { expressions: 2, type: listOf, run: toList }],
  ['transformMap', { expressions: 1, type: mapOf, run: toMap }],
  ['transformMap', { expressions: 2, type: mapOf, run: toMap }],
  ['transformMapEntry', { expressions: 1, type: entries, run: toEntries }],
  ['transformMapEntry', { expressions: 2, type: entries, run: toEntries }],
];

/**
 * Macros that go over a list with index and item, or over a map with key and value (cel-go's
 * `TwoVarComprehensions`).
 */
export function addComprehensions(environment: Environment): void {
  for (const [name, form] of forms) {
    const parameters = Array.from({ length: 2 + form.expressions }, () => 'ast').join(', ');
    defineMacro(environment, `list.${name}(${parameters}): dyn`, (call) => expand(call, form));
  }
}

function expand({ receiver, args }: MacroCall, form: Form): Macro {
  const [first, second, ...expressions] = args;
  const [keyName, valueName] = [variableName(first), variableName(second)];
  let types: readonly [TypeDeclaration, TypeDeclaration] | undefined;
  const bind = (scope: Scope, [key, value]: readonly [TypeDeclaration, TypeDeclaration]) => {
    const outer = scope.forkWithVariable(keyName, key);
    return { outer, inner: outer.forkWithVariable(valueName, value) };
  };
  return {
    typeCheck(checker, _self, scope) {
      const range = checker.check(receiver, scope);
      const dyn = checker.getType('dyn');
      const key = range.kind === 'list' ? checker.getType('int') : (range.keyType ?? dyn);
      types = [key, range.valueType ?? dyn];
      const { inner } = bind(scope, types);
      const found = expressions.map((expression) => checker.check(expression, inner));
      return checker.getType(form.type(key, found));
    },
    evaluate(runner, _self, scope) {
      const range = runner.run(receiver, scope);
      const pairs: readonly Pair[] =
        Array.isArray(range) || range instanceof Set
          ? itemsOf(range).map((item, index) => [BigInt(index), item])
          : entriesOf(range);
      return form.run(pairs, expressions, (expression, [key, value]) => {
        if (types === undefined) throw failed('unchecked expression');
        const { outer, inner } = bind(scope, types);
        outer.setIterValue(key, runner);
        return runner.run(expression, inner.setIterValue(value, runner));
      });
    },
  };
}
