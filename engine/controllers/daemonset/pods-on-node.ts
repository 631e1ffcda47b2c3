import type { Stored } from '../../client/resource.ts';
import type { DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodAvailable, isPodReady } from '../pods/pod-state.ts';
import { HASH_LABEL, oldestFirst } from './daemon-pod.ts';
import type { NodeFit } from './node-fit.ts';
import { allowsSurge } from './update-limits.ts';

type StoredPod = Stored<Pod>;

export interface NodeDecision {
  readonly create: boolean;
  readonly remove: readonly StoredPod[];
  /** those that have ended: they go too, the failed ones unless one failed there just now */
  readonly failed: readonly StoredPod[];
  readonly succeeded: readonly StoredPod[];
}

const nothing: NodeDecision = { create: false, remove: [], failed: [], succeeded: [] };

/**
 * What is to happen on one node, apart from updates (`podsShouldBeOnNode`).
 * @param pods of the set there; undefined when there are none @param now UNIX milliseconds
 */
export function decideOnNode(
  set: DaemonSet,
  { runs, stays }: NodeFit,
  pods: readonly StoredPod[] | undefined,
  hash: string,
  now: number,
): NodeDecision {
  if (runs && pods === undefined) return { ...nothing, create: true };
  const living = (pods ?? []).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (!stays) return { ...nothing, remove: living };
  const inPhase = (phase: string) => living.filter(({ status }) => status?.phase === phase);
  const [failed, succeeded] = [inPhase('Failed'), inPhase('Succeeded')];
  const running = oldestFirst(
    living.filter((pod) => !failed.includes(pod) && !succeeded.includes(pod)),
  );
  if (!allowsSurge(set)) return { ...nothing, failed, succeeded, remove: running.slice(1) };
  if (running.length === 0) return { create: runs, remove: [], failed, succeeded };
  return { ...nothing, failed, succeeded, remove: tooMany(set, running, hash, now) };
}

/**
 * With a surge two may be there: an old one that is ready, until the new one is available.
 * @param running the oldest first
 */
function tooMany(
  set: DaemonSet,
  running: readonly StoredPod[],
  hash: string,
  now: number,
): readonly StoredPod[] {
  if (running.length === 1) return [];
  const isNew = ({ metadata }: StoredPod): boolean => metadata.labels?.[HASH_LABEL] === hash;
  const newest = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const others = running.filter((pod) => pod !== newest && pod !== old);
  if (newest === undefined || old === undefined) return others;
  const { minReadySeconds = 0 } = set.spec;
  const isReplaced = !isPodReady(old) || isPodAvailable(newest, minReadySeconds, now);
  return isReplaced ? [...others, old] : others;
}
