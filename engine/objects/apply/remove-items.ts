import { isJsonObject, setOwn, type JsonObject } from '../json-value.ts';
import type { FieldSet } from './field-set.ts';
import type { MapType, MergeType } from './merge-type.ts';
import { fieldElement } from './path-element.ts';
import { elementOf, shapeOf } from './shapes.ts';

/** A value without the fields and items of a set. What is left empty becomes null. Pure. */
export function removeItems(value: unknown, set: FieldSet, type: MergeType): unknown {
  const shape = shapeOf(type, value);
  switch (shape.kind) {
    case 'scalar':
      return value;
    case 'map':
      if (!isJsonObject(value) || shape.map.isAtomic) return null;
      return removeMembers(shape.map, value, set);
    case 'list': {
      if (!Array.isArray(value) || shape.list.isAtomic) return null;
      const result: unknown[] = [];
      for (const item of value as readonly unknown[]) {
        const element = elementOf(shape.list, item);
        if (set.hasMember(element)) continue;
        const below = set.below(element);
        result.push(below === undefined ? item : removeItems(item, below, shape.list.element));
      }
      return result.length === 0 ? null : result;
    }
  }
}

function removeMembers(map: MapType, value: JsonObject, set: FieldSet): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const element = fieldElement(name);
    if (set.hasMember(element)) continue;
    const below = set.below(element);
    const type = map.valueType(name);
    const kept =
      below === undefined || type === undefined ? member : removeItems(member, below, type);
    setOwn(result, name, kept);
  }
  return Object.keys(result).length === 0 ? null : result;
}
