import { isJsonObject, ownValue, type JsonObject } from '../json-value.ts';
import { goFormat } from '../go-text.ts';
import { PatchError } from './patch-error.ts';
import type { FieldRule } from './patch-rules.ts';

/** Merges a patch into one item of a list. */
type MergeItem = (item: JsonObject, patch: JsonObject) => JsonObject;

type List = readonly unknown[];

/**
 * A list with merge strategy after a patch. Items the patch names come in the patch's order, others
 * keep their place among them. `isDeletion` takes the patch's scalars away instead.
 */
export function mergeLists(
  current: List,
  patch: List,
  rule: FieldRule,
  isDeletion: boolean,
  merge: MergeItem,
): List {
  if (current.length === 0 && patch.length === 0) return current;
  if (!holdObjects(current, patch)) {
    if (isDeletion) return current.filter((item) => !patch.includes(item));
    const merged = [...new Set([...current, ...patch])];
    return arrange(merged, patch, current, undefined);
  }
  const { mergeKey } = rule;
  if (mergeKey === undefined) {
    throw new PatchError('INTERNAL', 'cannot merge lists without merge key for struct');
  }
  const { kept, changes, replaces } = applySpecialItems(current, patch, mergeKey);
  if (replaces) return changes;
  const merged = [...kept];
  for (const change of changes) {
    const value = keyOf(change, mergeKey);
    const index = merged.findIndex((item) => isJsonObject(item) && item[mergeKey] === value);
    const found = merged[index];
    if (isJsonObject(found)) merged[index] = merge(found, change);
    else merged.push(change);
  }
  return arrange(merged, changes, kept, mergeKey);
}

interface OrderedLists {
  /** items in the wanted order: scalars, or objects with the merge key alone */
  readonly order: List;
  readonly current: List | undefined;
  readonly given: List | undefined;
}

/** A list patched under `$setElementOrder`: items in that order come so, others keep their place. */
export function orderList(
  { order, current, given }: OrderedLists,
  rule: FieldRule,
  merge: MergeItem,
  withoutDirectives: (value: unknown) => unknown,
): List {
  const { mergeKey } = rule;
  checkOrder(given ?? [], order, mergeKey);
  let merged: List;
  if (given === undefined) merged = current ?? [];
  else if (current === undefined) merged = withoutDirectives(given) as List;
  else if (rule.strategy === 'merge') merged = mergeLists(current, given, rule, false, merge);
  else merged = given;
  if ((current ?? []).length === 0 && (given ?? []).length === 0) {
    throw new PatchError('INTERNAL', 'no elements in any of the given slices');
  }
  holdObjects(current ?? [], given ?? []);
  return arrange(merged, order, current ?? [], mergeKey);
}

/** Whether the lists hold objects; all items must be of one type. */
function holdObjects(...lists: readonly List[]): boolean {
  const items = lists.flat(1);
  const types = new Set(items.map((item) => (Array.isArray(item) ? 'list' : typeof item)));
  if (Array.isArray(items[0])) {
    throw new PatchError('UNPROCESSABLE', 'lists of lists are not supported');
  }
  if (types.size > 1) {
    throw new PatchError('INTERNAL', `list element types are not identical: ${goFormat(lists)}`);
  }
  return types.has('object');
}

/** Items that are directives (`$patch: delete`, `$patch: replace`) and the others. */
function applySpecialItems(
  current: List,
  patch: List,
  mergeKey: string,
): { kept: List; changes: readonly JsonObject[]; replaces: boolean } {
  let kept = current;
  let replaces = false;
  const changes: JsonObject[] = [];
  for (const item of patch) {
    if (!isJsonObject(item)) continue;
    const directive = ownValue(item, '$patch');
    if (directive === undefined) {
      changes.push(item);
    } else if (directive === 'delete') {
      const value = keyOf(item, mergeKey);
      kept = kept.filter((each) => !isJsonObject(each) || each[mergeKey] !== value);
    } else if (directive === 'replace') {
      replaces = true;
    } else {
      throw new PatchError(
        'INTERNAL',
        directive === 'merge'
          ? 'merging lists cannot yet be specified in the patch'
          : `unknown patch type: ${goFormat(directive)} in map: ${goFormat(item)}`,
      );
    }
  }
  return { kept, changes, replaces };
}

function keyOf(item: unknown, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined) return item;
  const value = isJsonObject(item) ? ownValue(item, mergeKey) : undefined;
  if (value === undefined) {
    throw new PatchError(
      'INTERNAL',
      `map: ${goFormat(item)} does not contain declared merge key: ${mergeKey}`,
    );
  }
  return value;
}

/** The items of the patch must stand in its order list, in that order. */
function checkOrder(patch: List, order: List, mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const items = patch.filter(
    (item) => !isJsonObject(item) || ownValue(item, '$patch') === undefined,
  );
  let matched = 0;
  for (const wanted of order) {
    if (matched < items.length && keyOf(items[matched], mergeKey) === keyOf(wanted, mergeKey)) {
      matched += 1;
    }
  }
  if (matched < items.length) {
    throw new PatchError(
      'INTERNAL',
      `The order in patch list:\n${goFormat(patch)}\n doesn't match $setElementOrder list:\n${goFormat(order)}\n`,
    );
  }
}

/**
 * Items named by `order` in that order, the others in the order of `before`; the two are zipped so
 * that an item of `before` stands before a named one if it did before.
 */
function arrange(items: List, order: List, before: List, mergeKey: string | undefined): List {
  const positions = (list: List) =>
    new Map(list.map((item, index) => [keyOf(item, mergeKey), index]));
  const wanted = positions(order);
  const earlier = positions(before);
  const place = (item: unknown, among: ReadonlyMap<unknown, number>) =>
    among.get(keyOf(item, mergeKey));
  const byPlace = (list: List, among: ReadonlyMap<unknown, number>) =>
    list.toSorted((a, b) => (place(a, among) ?? 0) - (place(b, among) ?? 0));
  const named = byPlace(
    items.filter((item) => place(item, wanted) !== undefined),
    wanted,
  );
  const others = byPlace(
    items.filter((item) => place(item, wanted) === undefined),
    earlier,
  );
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const at = place(item, earlier);
    for (; next < others.length; next += 1) {
      const other = place(others[next], earlier);
      if (at === undefined || other === undefined || other > at) break;
      result.push(others[next]);
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}
