import { define, ours } from './define.ts';
import { defineMacro, variableName, type Macro, type MacroCall } from './macro.ts';
import { Optional, type Environment, type TypeDeclaration } from '@marcbachmann/cel-js';
import { failed } from '../cel-error.ts';
import { areEqual, compareValues, itemsOf } from '../values.ts';

const ordered = [
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
];

/**
 * Kubernetes' functions of lists, and the language's own extension of them.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library
 */
export function addLists(environment: Environment): void {
  for (const type of [...ordered, 'dyn']) addOrdered(environment, type);
  define(environment, 'list<int>.sum(): int', (list) =>
    itemsOf(list).reduce<bigint>((total, item) => total + (item as bigint), 0n),
  );
  define(environment, 'list<double>.sum(): double', (list) =>
    itemsOf(list).reduce<number>((total, item) => total + (item as number), 0),
  );
  define(environment, `list<A>.${ours('indexOf')}(A): int`, (list, wanted) =>
    BigInt(itemsOf(list).findIndex((item) => areEqual(item, wanted))),
  );
  define(environment, `list<A>.${ours('lastIndexOf')}(A): int`, (list, wanted) =>
    BigInt(itemsOf(list).findLastIndex((item) => areEqual(item, wanted))),
  );
  define(environment, 'list<A>.distinct(): list<A>', (list) => distinct(itemsOf(list)));
  define(environment, 'list<A>.reverse(): list<A>', (list) => itemsOf(list).toReversed());
  define(environment, 'list<list<A>>.flatten(): list<A>', (list) => itemsOf(list).flatMap(itemsOf));
  define(environment, 'list<A>.slice(int, int): list<A>', slice);
  const optional = (item: unknown) => (item === undefined ? Optional.none() : Optional.of(item));
  define(environment, 'list<A>.first(): optional<A>', (list) => optional(itemsOf(list)[0]));
  define(environment, 'list<A>.last(): optional<A>', (list) => optional(itemsOf(list).at(-1)));
  defineMacro(environment, 'list.sortBy(ast, ast): list<dyn>', sortBy);
  environment.registerType('ListsNamespace', ListsNamespace);
  environment.registerConstant('lists', 'ListsNamespace', new ListsNamespace());
  define(environment, 'ListsNamespace.range(int): list<int>', (_lists, count) =>
    Array.from({ length: Number(count) }, (_, index) => BigInt(index)),
  );
}

class ListsNamespace {}

function addOrdered(environment: Environment, type: string): void {
  const extreme = (name: string, sign: number) => (list: unknown) => {
    const [first, ...rest] = itemsOf(list);
    if (first === undefined) throw failed(`${name} called on empty list`);
    return rest.reduce((best, item) => (compareValues(item, best) * sign > 0 ? item : best), first);
  };
  define(environment, `list<${type}>.min(): ${type}`, extreme('min', -1));
  define(environment, `list<${type}>.max(): ${type}`, extreme('max', 1));
  define(environment, `list<${type}>.isSorted(): bool`, (list) =>
    itemsOf(list).every(
      (item, index, all) => index === 0 || compareValues(all[index - 1], item) <= 0,
    ),
  );
  define(environment, `list<${type}>.sort(): list<${type}>`, (list) =>
    itemsOf(list).toSorted(compareValues),
  );
}

function sortBy({ receiver, args: [variable, key] }: MacroCall): Macro {
  const name = variableName(variable);
  let type: TypeDeclaration | undefined;
  return {
    typeCheck(checker, _self, scope) {
      const list = checker.check(receiver, scope);
      type = list.valueType ?? checker.getType('dyn');
      if (key !== undefined) checker.check(key, scope.forkWithVariable(name, type));
      return list;
    },
    evaluate(runner, _self, scope) {
      const keyed = itemsOf(runner.run(receiver, scope)).map((item) => {
        if (key === undefined || type === undefined) return { item, key: item };
        const bound = scope.forkWithVariable(name, type).setIterValue(item, runner);
        return { item, key: runner.run(key, bound) };
      });
      return keyed.toSorted((a, b) => compareValues(a.key, b.key)).map(({ item }) => item);
    },
  };
}

function distinct(items: readonly unknown[]): readonly unknown[] {
  return items.filter((item, index) => items.findIndex((other) => areEqual(item, other)) === index);
}

function slice(list: unknown, from: bigint, to: bigint): readonly unknown[] {
  const items = itemsOf(list);
  const range = `slice(${from}, ${to})`;
  if (from < 0n || to < 0n) throw failed(`cannot ${range}, negative indexes not supported`);
  if (from > to)
    throw failed(`cannot ${range}, start index must be less than or equal to end index`);
  if (to > items.length) throw failed(`cannot ${range}, list is length ${items.length}`);
  return items.slice(Number(from), Number(to));
}
