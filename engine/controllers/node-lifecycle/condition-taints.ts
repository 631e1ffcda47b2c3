import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { taintsWithout, type TaintKind } from '../nodes/taints.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Taints by a condition and its status. */
const TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const OWN = new Set([UNSCHEDULABLE, ...Object.values(TAINTS).flatMap((of) => Object.values(of))]);

/** What has to change so that a node gets new Pods, or none, as its conditions and `unschedulable` say. */
export function conditionTaints({ spec, status }: Node): {
  readonly add: readonly TaintKind[];
  readonly remove: readonly TaintKind[];
} {
  const keys = (status?.conditions ?? []).flatMap(
    (condition) => TAINTS[condition.type]?.[condition.status] ?? [],
  );
  if (spec?.unschedulable === true) keys.push(UNSCHEDULABLE);
  const wanted = keys.map((key): TaintKind => ({ key, effect: 'NoSchedule' }));
  const present = (spec?.taints ?? []).filter(
    ({ key, effect }) => effect === 'NoSchedule' && OWN.has(key),
  );
  return { add: taintsWithout(wanted, present), remove: taintsWithout(present, wanted) };
}

/** Labels that an older name of a label is kept the same as. */
const LABELS = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

/** Labels under their older names that are missing or differ. */
export function olderLabels({ metadata: { labels = {} } }: Node): Readonly<Record<string, string>> {
  const missing: Record<string, string> = {};
  for (const [name, older] of LABELS) {
    const value = labels[name];
    if (value !== undefined && labels[older] !== value) missing[older] = value;
  }
  return missing;
}
