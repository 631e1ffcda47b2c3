import { setOwn, type JsonObject } from '../json-value.ts';
import type { ListType, MapType, MergeType } from './merge-type.ts';
import type { PathElement } from './path-element.ts';
import { asList, asMap, elementOf, shapeOf, type Shape } from './shapes.ts';

/**
 * A live value with a partial one merged in: nothing is taken away, fields of the partial one win,
 * its items lead the order of lists it touches. Pure. `undefined` stands for a value not there.
 */
export function mergeValues(live: unknown, applied: unknown, type: MergeType): unknown {
  const shape = shapeOf(type, applied === undefined ? live : applied);
  return mergeAs(shape, live, applied);
}

function mergeAs(shape: Shape, live: unknown, applied: unknown): unknown {
  switch (shape.kind) {
    case 'scalar':
      break;
    case 'map': {
      const isEmpty = [live, applied].every((value) => Object.keys(asMap(value)).length === 0);
      if (shape.map.isAtomic || isEmpty) break;
      return mergeMembers(shape.map, asMap(live), asMap(applied));
    }
    case 'list': {
      const isEmpty = asList(live).length === 0 && asList(applied).length === 0;
      if (shape.list.isAtomic || isEmpty) break;
      return mergeItems(shape.list, asList(live), asList(applied));
    }
  }
  return applied === undefined ? live : applied;
}

function mergeMembers(map: MapType, live: JsonObject, applied: JsonObject): unknown {
  const result: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const type = map.valueType(name);
    const before = Object.hasOwn(live, name) ? live[name] : undefined;
    const merged = type === undefined ? value : mergeValues(before, value, type);
    if (merged === undefined) delete result[name];
    else setOwn(result, name, merged);
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

/**
 * Both lists zipped: items of both stand in the applied order, live ones stay where they were
 * relative to the shared item after them. Follows structured-merge-diff's merging walker step by step.
 */
function mergeItems(
  list: ListType,
  live: readonly unknown[],
  applied: readonly unknown[],
): unknown {
  const left = live.map((item) => elementOf(list, item));
  const right = applied.map((item) => elementOf(list, item));
  const leftItems = indexItems(left, live);
  const rightItems = indexItems(right, applied);
  const shared = right.filter((element) => leftItems.has(element));
  const merged = new Set<PathElement>();
  const result: unknown[] = [];
  let nextShared = shared.shift();
  const merge = (element: PathElement) => {
    merged.add(element);
    result.push(mergeValues(leftItems.get(element), rightItems.get(element), list.element));
  };
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const mine = left[l];
    const theirs = right[r];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        merge(mine);
        l += 1;
        r += 1;
        nextShared = shared.shift();
        continue;
      }
      if (rightItems.has(mine) && nextShared !== undefined && nextShared !== mine) {
        // Shared, but not the one whose turn it is.
        l += 1;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!rightItems.has(mine)) {
        result.push(live[l]);
        l += 1;
        continue;
      }
      if (merged.has(mine)) l += 1;
    }
    if (theirs !== undefined) {
      merge(theirs);
      r += 1;
      if (nextShared === theirs) nextShared = shared.shift();
    }
  }
  return result.length === 0 ? undefined : result;
}

/** Items by element; live items that cannot be told apart count as null. */
function indexItems(
  elements: readonly PathElement[],
  items: readonly unknown[],
): ReadonlyMap<PathElement, unknown> {
  const result = new Map<PathElement, unknown>();
  for (const [index, element] of elements.entries()) {
    result.set(element, result.has(element) ? null : items[index]);
  }
  return result;
}
