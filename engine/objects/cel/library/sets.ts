import { define } from './define.ts';
import type { Environment } from '@marcbachmann/cel-js';
import { areEqual, itemsOf } from '../values.ts';

class SetsNamespace {}

/** Lists compared as sets: `sets.contains`, `sets.equivalent`, `sets.intersects`. */
export function addSets(environment: Environment): void {
  environment.registerType('SetsNamespace', SetsNamespace);
  environment.registerConstant('sets', 'SetsNamespace', new SetsNamespace());
  const has = (list: unknown, item: unknown) =>
    itemsOf(list).some((other) => areEqual(item, other));
  const contains = (list: unknown, other: unknown) =>
    itemsOf(other).every((item) => has(list, item));
  const add = (name: string, check: (a: unknown, b: unknown) => boolean) =>
    define(environment, `SetsNamespace.${name}(list<A>, list<A>): bool`, (_sets, a, b) =>
      check(a, b),
    );
  add('contains', contains);
  add('equivalent', (a, b) => contains(a, b) && contains(b, a));
  add('intersects', (a, b) => itemsOf(b).some((item) => has(a, item)));
}
