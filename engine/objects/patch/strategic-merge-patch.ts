import { isJsonObject, ownValue, setOwn, type JsonObject } from '../json-value.ts';
import type { Definitions, Schema } from '../schema.ts';
import { goFormat, goTypeName } from '../go-text.ts';
import { mergeLists, orderList } from './merge-lists.ts';
import { withoutNulls } from './merge-patch.ts';
import { PatchError } from './patch-error.ts';
import { fieldRule } from './patch-rules.ts';

/**
 * Strategic merge patch: as a JSON merge patch, but lists of a built-in kind merge by the merge key
 * their schema names, and directives steer it: `$patch` (replace, delete), `$retainKeys`,
 * `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`. Pure. Throws a `PatchError`.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function applyStrategicMergePatch(
  document: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
  definitions: Definitions,
): JsonObject {
  const directive = ownValue(patch, '$patch');
  if (directive !== undefined) return replaceOrDelete(directive, patch);
  const retained = retainKeys(document, patch);
  const { $retainKeys: _, ...rest } = patch;
  const { result, done } = setElementOrders(retained, rest, schema, definitions);
  for (const [key, value] of Object.entries(rest)) {
    if (done.has(key) || key.startsWith(orderPrefix)) continue;
    mergeMember(result, key, value, schema, definitions);
  }
  return result;
}

const orderPrefix = '$setElementOrder';
const deletePrefix = '$deleteFromPrimitiveList';

function replaceOrDelete(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  const name =
    typeof directive === 'string'
      ? directive
      : `%!s(${goTypeName(directive)}=${goFormat(directive)})`;
  throw new PatchError('INTERNAL', `unknown patch type: ${name} in map: ${goFormat(patch)}`);
}

/** What `$retainKeys` leaves of an object: only the keys it lists. */
function retainKeys(document: JsonObject, patch: JsonObject): JsonObject {
  const keys = ownValue(patch, '$retainKeys');
  if (keys === undefined) return document;
  const isListed = (key: string) => Array.isArray(keys) && keys.includes(key);
  const isMarked = (key: string) => key.startsWith(orderPrefix) || key.startsWith(deletePrefix);
  const strange = Object.entries(patch).some(
    ([key, value]) => key !== '$retainKeys' && value !== null && !isMarked(key) && !isListed(key),
  );
  if (!Array.isArray(keys) || strange) {
    throw new PatchError('FORMAT', 'invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(document).filter(([key]) => isListed(key)));
}

/** Merges the lists that come with an order; `done` are the members of the patch dealt with here. */
function setElementOrders(
  document: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
  definitions: Definitions,
): { readonly result: Record<string, unknown>; readonly done: ReadonlySet<string> } {
  const result = { ...document };
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const key = listOf(directive, orderPrefix, 'invalid patch format of setElementOrder list');
    const current = ownValue(document, key);
    const given = ownValue(patch, key);
    for (const list of [order, current, given]) {
      if (list !== undefined && !Array.isArray(list)) {
        throw new PatchError(
          'INTERNAL',
          `expected a []interface {}, but received a ${goTypeName(list)}`,
        );
      }
    }
    if (current === undefined && given === undefined) continue;
    const rule = fieldRule(schema, key, definitions);
    const merge = (item: JsonObject, by: JsonObject) =>
      applyStrategicMergePatch(item, by, rule.items, definitions);
    const lists = {
      order: order as readonly unknown[],
      current: current as readonly unknown[] | undefined,
      given: given as readonly unknown[] | undefined,
    };
    setOwn(result, key, orderList(lists, rule, merge, withoutDirectives));
    done.add(key);
  }
  return { result, done };
}

function mergeMember(
  result: Record<string, unknown>,
  name: string,
  value: unknown,
  schema: Schema | undefined,
  definitions: Definitions,
): void {
  const isDeletion = name.startsWith(deletePrefix);
  const key = isDeletion
    ? listOf(name, deletePrefix, 'invalid patch format of primitive list')
    : name;
  if (value === null) {
    delete result[key];
    return;
  }
  const current = ownValue(result, key);
  if (current === undefined || shape(current) !== shape(value)) {
    if (!isDeletion) setOrDelete(result, key, withoutDirectives(withoutNulls(value)));
    return;
  }
  if (Array.isArray(value)) {
    const rule = fieldRule(schema, key, definitions);
    const merge = (item: JsonObject, by: JsonObject) =>
      applyStrategicMergePatch(item, by, rule.items, definitions);
    const merges = isDeletion || rule.strategy === 'merge';
    const list = current as readonly unknown[];
    setOwn(result, key, merges ? mergeLists(list, value, rule, isDeletion, merge) : value);
  } else if (isJsonObject(value)) {
    const rule = fieldRule(schema, key, definitions);
    const merged =
      rule.strategy === 'replace'
        ? value
        : applyStrategicMergePatch(current as JsonObject, value, rule.schema, definitions);
    setOwn(result, key, merged);
  } else {
    setOwn(result, key, value);
  }
}

function listOf(directive: string, prefix: string, message: string): string {
  if (directive[prefix.length] !== '/') throw new PatchError('FORMAT', message);
  return directive.slice(prefix.length + 1);
}

function setOrDelete(result: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete result[key];
  else setOwn(result, key, value);
}

function shape(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return value === null ? 'null' : typeof value;
}

/** A value new to the object: whatever carries a directive is not there to be patched, so it goes. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((item) => item !== undefined);
  }
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, '$patch')) return undefined;
  const members: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const kept = withoutDirectives(member);
    if (kept !== undefined) members.push([key, kept]);
  }
  return Object.fromEntries(members);
}
