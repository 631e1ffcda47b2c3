import { jsonEqual } from '../json-value.ts';
import { FieldSet } from './field-set.ts';
import type { ListType, MapType, MergeType } from './merge-type.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { asList, asMap, elementOf, shapeOf, type Shape } from './shapes.ts';

/** What changed from one value to another; no field is in two of the sets. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares field by field, lists item by item where the type says so. */
export function compareValues(before: unknown, after: unknown, type: MergeType): Comparison {
  const walker = new Walker();
  walker.compare(before, after, type, []);
  return walker;
}

/** `undefined` stands for a value that is not there. */
class Walker implements Comparison {
  readonly added = new FieldSet();
  readonly modified = new FieldSet();
  readonly removed = new FieldSet();

  compare(before: unknown, after: unknown, type: MergeType, path: PathElement[]): void {
    const earlier = shapeOf(type, before);
    const later = shapeOf(type, after);
    let isLeaf: boolean;
    if (after === undefined) {
      isLeaf = this.#compareAs(earlier, before, after, path);
    } else {
      if (before !== undefined && earlier.kind !== later.kind) {
        this.#compareAs(earlier, before, after, path);
      }
      isLeaf = this.#compareAs(later, before, after, path);
    }
    if (isLeaf) return;
    if (before === undefined) this.added.insert(path);
    else if (after === undefined) this.removed.insert(path);
  }

  /** Says whether the value was compared whole. */
  #compareAs(shape: Shape, before: unknown, after: unknown, path: PathElement[]): boolean {
    switch (shape.kind) {
      case 'scalar':
        break;
      case 'map': {
        // An empty map is a leaf, so that it stays different from none.
        const isEmpty = isNothing(asMap(before)) && isNothing(asMap(after));
        if (shape.map.isAtomic || isEmpty) break;
        this.#compareMembers(shape.map, before, after, path);
        return false;
      }
      case 'list': {
        const isEmpty = asList(before).length === 0 && asList(after).length === 0;
        if (shape.list.isAtomic || isEmpty) break;
        this.#compareItems(shape.list, asList(before), asList(after), path);
        return false;
      }
    }
    if (before === undefined) this.added.insert(path);
    else if (after === undefined) this.removed.insert(path);
    else if (!jsonEqual(before, after)) this.modified.insert(path);
    return true;
  }

  #compareMembers(map: MapType, before: unknown, after: unknown, path: PathElement[]): void {
    const earlier = asMap(before);
    const later = asMap(after);
    const visit = (name: string) => {
      const type = map.valueType(name);
      if (type === undefined) return;
      path.push(fieldElement(name));
      this.compare(member(earlier, name), member(later, name), type, path);
      path.pop();
    };
    for (const name of Object.keys(earlier)) visit(name);
    for (const name of Object.keys(later)) {
      if (!Object.hasOwn(earlier, name)) visit(name);
    }
  }

  #compareItems(
    list: ListType,
    before: readonly unknown[],
    after: readonly unknown[],
    path: PathElement[],
  ): void {
    const earlier = byElement(list, before);
    const later = byElement(list, after);
    for (const element of new Set([...earlier.keys(), ...later.keys()])) {
      const old = earlier.get(element) ?? [];
      const next = later.get(element) ?? [];
      path.push(element);
      if (old.length <= 1 && next.length <= 1) {
        this.compare(old[0], next[0], list.element, path);
      } else if (old.length >= 2 && next.length >= 2) {
        // Items that cannot be told apart are compared together.
        if (!jsonEqual(old, next)) this.modified.insert(path);
      } else if (old.length >= 2) {
        if (next.length > 0) this.compare(undefined, next[0], list.element, path);
        this.removed.insert(path);
      } else {
        if (old.length > 0) this.compare(old[0], undefined, list.element, path);
        this.added.insert(path);
      }
      path.pop();
    }
  }
}

function isNothing(map: object): boolean {
  return Object.keys(map).length === 0;
}

function member(map: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function byElement(list: ListType, items: readonly unknown[]): ReadonlyMap<PathElement, unknown[]> {
  const result = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const element = elementOf(list, item);
    const others = result.get(element);
    if (others === undefined) result.set(element, [item]);
    else others.push(item);
  }
  return result;
}
