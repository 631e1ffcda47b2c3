import type { Stored } from '../../client/resource.ts';
import type { DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodAvailable } from '../pods/pod-state.ts';
import { isUpToDate } from './daemon-pod.ts';
import { nodeFitOf } from './node-fit.ts';
import { updateLimits } from './update-limits.ts';

type StoredPod = Stored<Pod>;

export interface RollingUpdateState {
  readonly set: DaemonSet;
  readonly nodes: readonly Stored<Node>[];
  /** by the name of their node */
  readonly pods: ReadonlyMap<string, readonly StoredPod[]>;
  /** of what the set wants now */
  readonly hash: string;
  /** UNIX milliseconds */
  readonly now: number;
}

export interface UpdateStep {
  readonly remove: readonly StoredPod[];
  /** names of nodes */
  readonly createOn: readonly string[];
}

/** What an update may do now: remove old daemons, or with a surge first put new ones beside them. */
export function rollingUpdateStep(state: RollingUpdateState): UpdateStep {
  const fits = nodeFitOf(state.set);
  const eligible = state.nodes.filter((node) => fits(node).runs);
  const { maxSurge, maxUnavailable } = updateLimits(state.set, eligible.length);
  const pods = new Map(state.pods);
  for (const { metadata } of eligible) if (!pods.has(metadata.name)) pods.set(metadata.name, []);
  const daemons = [...pods].map(([node, all]) => onNode(state, node, all));
  if (maxSurge === 0) return { remove: toReplace(daemons, maxUnavailable), createOn: [] };
  const chosen = new Set(eligible.map(({ metadata }) => metadata.name));
  return surge(daemons, maxSurge, chosen);
}

/** The daemons of one node, of which there may be one of each kind. */
interface Daemons {
  readonly node: string;
  readonly old: StoredPod | undefined;
  readonly updated: StoredPod | undefined;
  /** more than one of a kind: they have to go first */
  readonly tooMany: boolean;
  readonly isAvailable: (pod: StoredPod) => boolean;
}

function onNode(
  { set, hash, now }: RollingUpdateState,
  node: string,
  pods: readonly StoredPod[],
): Daemons {
  const { minReadySeconds = 0 } = set.spec;
  const living = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const updated = living.filter((pod) => isUpToDate(pod, set, hash));
  const old = living.filter((pod) => !updated.includes(pod));
  return {
    node,
    old: old[0],
    updated: updated[0],
    tooMany: old.length > 1 || updated.length > 1,
    isAvailable: (pod) => isPodAvailable(pod, minReadySeconds, now),
  };
}

/** Old ones that are not available, which costs nothing, and so many others as may be unavailable. */
function toReplace(daemons: readonly Daemons[], maxUnavailable: number): readonly StoredPod[] {
  const broken: StoredPod[] = [];
  const candidates: StoredPod[] = [];
  let unavailable = 0;
  for (const { old, updated, tooMany, isAvailable } of daemons) {
    const only = updated === undefined ? old : old === undefined ? updated : undefined;
    if (tooMany || only === undefined) unavailable++;
    else if (only === old) {
      if (isAvailable(old)) candidates.push(old);
      else {
        broken.push(old);
        unavailable++;
      }
    } else if (!isAvailable(only)) unavailable++;
  }
  return [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))];
}

/** @param eligible names of the nodes that are to have a daemon */
function surge(
  daemons: readonly Daemons[],
  maxSurge: number,
  eligible: ReadonlySet<string>,
): UpdateStep {
  const remove: StoredPod[] = [];
  const misplaced: StoredPod[] = [];
  const urgent: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  let available = 0;
  for (const { node, old, updated, tooMany, isAvailable } of daemons) {
    if (tooMany) {
      surging++;
      continue;
    }
    const counted = old ?? updated;
    if (counted !== undefined && isAvailable(counted)) available++;
    if (old === undefined) continue;
    if (updated !== undefined) {
      if (isAvailable(updated)) remove.push(old);
      else surging++;
    } else if (!eligible.has(node)) (isAvailable(old) ? misplaced : remove).push(old);
    else (isAvailable(old) ? candidates : urgent).push(node);
  }
  // One where none belongs any more goes when another one has taken its place elsewhere.
  const spare = Math.max(0, available - eligible.size);
  return {
    remove: [...remove, ...misplaced.slice(0, spare)],
    createOn: [...urgent, ...candidates.slice(0, Math.max(0, maxSurge - surging))],
  };
}
