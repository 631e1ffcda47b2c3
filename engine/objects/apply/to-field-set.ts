import { isJsonObject } from '../json-value.ts';
import { FieldSet } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { asList, asMap, elementOf, shapeOf } from './shapes.ts';

/** Every leaf and every item a value mentions: what applying it claims. */
export function toFieldSet(value: unknown, type: MergeType): FieldSet {
  const set = new FieldSet();
  collect(value, type, set, []);
  return set;
}

function collect(value: unknown, type: MergeType, set: FieldSet, path: PathElement[]): void {
  const shape = shapeOf(type, value);
  switch (shape.kind) {
    case 'scalar':
      set.insert(path);
      return;
    case 'map':
      if (shape.map.isAtomic) {
        set.insert(path);
        return;
      }
      for (const [name, member] of Object.entries(asMap(value))) {
        const child = shape.map.valueType(name);
        if (child === undefined) continue;
        path.push(fieldElement(name));
        collect(member, child, set, path);
        const isEmpty =
          member === null || (isJsonObject(member) && Object.keys(member).length === 0);
        if (isEmpty || shape.map.field(name) === undefined) set.insert(path);
        path.pop();
      }
      return;
    case 'list': {
      if (shape.list.isAtomic) {
        set.insert(path);
        return;
      }
      const items = asList(value).map((item) => ({ item, element: elementOf(shape.list, item) }));
      const counts = countElements(items.map(({ element }) => element));
      for (const { item, element } of items) {
        path.push(element);
        // Items that cannot be told apart are owned together.
        if (counts.get(element) === 1) collect(item, shape.list.element, set, path);
        set.insert(path);
        path.pop();
      }
    }
  }
}

function countElements(elements: readonly PathElement[]): ReadonlyMap<PathElement, number> {
  const counts = new Map<PathElement, number>();
  for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1);
  return counts;
}
