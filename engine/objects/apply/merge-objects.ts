import { typeProblems } from './check-type.ts';
import { mergeValues } from './merge.ts';
import type { MergeType } from './merge-type.ts';
import { asList, asMap, shapeOf } from './shapes.ts';

/** Where a partial value touches what is owned whole: `.spec.tolerations`. */
function atomics(value: unknown, type: MergeType, path: string, found: string[]): void {
  const shape = shapeOf(type, value);
  if (shape.kind === 'map') {
    if (shape.map.isAtomic) found.push(path);
    for (const [name, member] of Object.entries(asMap(value))) {
      const field = shape.map.field(name);
      if (field !== undefined) atomics(member, field, `${path}.${name}`, found);
    }
  } else if (shape.kind === 'list') {
    if (shape.list.isAtomic) found.push(path);
    for (const [index, item] of asList(value).entries())
      atomics(item, shape.list.element, `${path}[${index}]`, found);
  }
}

/**
 * A live object with a partial one merged in as server-side apply merges, without owners. Throws an
 * `Error` in upstream's words for what is of no such type, or would replace a whole list or map.
 */
export function mergeObjects(live: unknown, partial: unknown, type: MergeType): unknown {
  const problems = typeProblems(partial, type, false);
  if (problems.length > 0)
    throw new Error(`failed to convert patch object to typed object: ${problems.join(', ')}`);
  const found: string[] = [];
  atomics(partial, type, '', found);
  if (found.length > 0)
    throw new Error(
      `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${found.join(', ')}`,
    );
  return mergeValues(live, partial, type);
}
