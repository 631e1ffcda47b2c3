/**
 * Whether two values of an object say the same, as upstream's semantic equality has it for values
 * in canonical form: missing, `null`, empty lists and empty maps are alike.
 */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return isUnset(left) && isUnset(right);
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right)) return isUnset(left) && isUnset(right);
    return (
      left.length === right.length && left.every((item, index) => sameValue(item, right[index]))
    );
  }
  for (const key in left) if (!sameValue(left[key], right[key])) return false;
  for (const key in right) if (!(key in left) && !sameValue(undefined, right[key])) return false;
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.length === 0;
}
