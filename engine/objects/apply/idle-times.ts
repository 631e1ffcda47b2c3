import { jsonEqual } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';

/**
 * A written object that differs from the live one in times of managed fields alone gets the live
 * times back, so that writing the same again changes nothing and makes no new revision.
 */
export function withoutIdleTimes(
  object: KubernetesObject,
  live: KubernetesObject,
): KubernetesObject {
  const next = object.metadata.managedFields ?? [];
  const before = live.metadata.managedFields ?? [];
  if (next.length === 0 || next.length !== before.length) return object;
  if (next.every(({ time }, index) => time === before[index]?.time)) return object;
  const isSame = next.every((entry, index) => {
    const { time: _, ...rest } = entry;
    const { time: __, ...other } = before[index] ?? {};
    return jsonEqual(rest, other);
  });
  if (!isSame) return object;
  const result = { ...object, metadata: { ...object.metadata, managedFields: before } };
  return jsonEqual(result, live) ? result : object;
}
