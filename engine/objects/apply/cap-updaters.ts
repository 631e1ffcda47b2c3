import { identityOf, type ManagedEntry, type ManagedFields } from './managed-fields.ts';
import { withEntry } from './ownership.ts';

/** more updaters than this are merged, oldest first */
const mostUpdaters = 10;

/** Keeps the list of updaters short: the oldest become one, `ancient-changes`, for each version. */
export function capUpdaters(managed: ManagedFields): ManagedFields {
  const updaters = [...managed.values()]
    .filter(({ operation }) => operation === 'Update')
    .toSorted(byAge);
  let result = managed;
  let left = updaters.length;
  const firstOfVersion = new Map<string, ManagedEntry>();
  for (const entry of updaters) {
    if (left <= mostUpdaters) break;
    const first = firstOfVersion.get(entry.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(entry.apiVersion, entry);
      continue;
    }
    const bucket = { ...first, manager: 'ancient-changes', subresource: '' };
    const merged = result.get(identityOf(bucket)) ?? first;
    const rest = new Map(result);
    rest.delete(identityOf(first));
    rest.delete(identityOf(entry));
    const fields = entry.fields.union(merged.fields);
    result = withEntry(rest, { ...bucket, fields, time: entry.time });
    left -= 1;
  }
  return result;
}

function byAge(a: ManagedEntry, b: ManagedEntry): number {
  const [left, right] = [a.time ?? '', b.time ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return identityOf(a) < identityOf(b) ? -1 : 1;
}
