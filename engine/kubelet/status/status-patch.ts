import type { PodCondition, PodStatus } from '../../objects/generated/core-v1.generated.ts';

/** Fields of a status that others write. */
const FOREIGN_FIELDS: readonly string[] = [
  'resize',
  'nominatedNodeName',
  'resourceClaimStatuses',
  'extendedResourceClaimStatus',
  'nodeAllocatableResourceClaimStatuses',
];
/** Lists that strategic merge patches merge by a key, so that something has to say that the list is whole. */
const MERGED_LISTS: readonly string[] = ['podIPs', 'hostIPs'];

/**
 * What makes one status another, as a strategic merge patch with the uid as a condition; undefined when
 * nothing does. Lists are sent as a whole.
 */
export function statusPatch(
  uid: string | undefined,
  before: PodStatus,
  after: PodStatus,
): object | undefined {
  const status: Record<string, unknown> = {};
  const from = before as Readonly<Record<string, unknown>>;
  const to = after as Readonly<Record<string, unknown>>;
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (FOREIGN_FIELDS.includes(name) || isSame(from[name], to[name])) continue;
    if (name === 'conditions') {
      status[name] = withRemovals(before.conditions ?? [], after.conditions ?? []);
      continue;
    }
    const value = to[name] ?? null;
    const replaces =
      MERGED_LISTS.includes(name) && Array.isArray(value) && from[name] !== undefined;
    status[name] = replaces ? [...(value as readonly unknown[]), { $patch: 'replace' }] : value;
  }
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid }, status };
}

/** Conditions are merged by their types: what one has no longer is taken from it by name, and so is one that is gone. */
function withRemovals(
  before: readonly PodCondition[],
  after: readonly PodCondition[],
): readonly object[] {
  const changed = after.map((condition) => {
    const known = before.find(({ type }) => type === condition.type) ?? {};
    const gone = Object.keys(known).filter((field) => !(field in condition));
    return { ...condition, ...Object.fromEntries(gone.map((field) => [field, null])) };
  });
  const ended = before.filter(({ type }) => !after.some((condition) => condition.type === type));
  return [...changed, ...ended.map(({ type }) => ({ $patch: 'delete', type }))];
}

/** Objects are the same whatever the order of their fields; what is undefined is absent. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one === null && other === undefined) return true;
  if (one === undefined && other === null) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return false;
  if (Array.isArray(one) || Array.isArray(other))
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSame(item, other[index]))
    );
  const [left, right] = [one, other] as Readonly<Record<string, unknown>>[];
  if (left === undefined || right === undefined) return false;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) =>
    isSame(left[name], right[name]),
  );
}
