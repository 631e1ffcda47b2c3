import { z } from 'zod';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { CycleState } from '../framework/cycle-state.ts';
import { fitMessage } from '../framework/fit-error.ts';
import { NodeStatuses } from '../framework/node-statuses.ts';
import type { PluginFactory, PluginHandle, PostFilterResult } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { leastHarmful, selectVictims, type Candidate } from '../preemption/candidates.ts';
import { PreemptionExecutor } from '../preemption/executor.ts';
import { NAMES } from './names.ts';

const { defaultPreemption: NAME } = NAMES;

const Arguments = z.object({
  minCandidateNodesPercentage: z.int().min(0).max(100).default(10),
  minCandidateNodesAbsolute: z.int().min(0).default(100),
});
type Arguments = z.infer<typeof Arguments>;

/**
 * Removes Pods of lower priority for one that fits nowhere.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#preemption
 */
export const defaultPreemption: PluginFactory = (args, handle) => {
  const settings = Arguments.parse(args ?? {});
  const { client, clock, stores, preemption } = handle;
  const executor = new PreemptionExecutor(client, clock, stores.pods, preemption);
  return {
    name: NAME,
    // What refused the Pod waits for its victims' end; the gate opens by itself.
    interests: [{ resource: 'AssignedPod', actions: ACTION.delete, hint: () => false }],
    preEnqueue: (pod) =>
      executor.isRunning(pod)
        ? unresolvable(NAME, 'waiting for the preemption for this pod to be finished')
        : undefined,
    postFilter(state, pod, statuses) {
      const refusal = ineligible(handle, pod, statuses);
      if (refusal !== undefined) return failed(refusal);
      const { candidates, tried } = findCandidates(handle, settings, state, pod, statuses);
      const best = leastHarmful(candidates, clock.now());
      if (best === undefined) {
        tried.absent = unresolvable(NAME, 'Preemption is not helpful for scheduling');
        const message = fitMessage({
          nodeCount: handle.snapshot.nodes.length,
          statuses: tried,
          preFilterMessage: '',
          postFilterMessage: '',
        });
        return { ...failed(message), nominatedNodeName: '' };
      }
      executor.start(best, pod.pod);
      return {
        success: true,
        message: `preemption: found a potential placement for pod on node ${best.nodeName}, preempting ${best.victims.length} victims`,
        nominatedNodeName: best.nodeName,
      };
    },
  };
};

function failed(reason: string): PostFilterResult {
  return { success: false, message: `preemption: ${reason}` };
}

/** Why the Pod may not remove others, if it may not. */
function ineligible(
  { snapshot, stores }: PluginHandle,
  pod: PodInfo,
  statuses: NodeStatuses,
): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never')
    return 'not eligible due to preemptionPolicy=Never.';
  const current = stores.pods.get(pod.pod.metadata) ?? pod.pod;
  const { nominatedNodeName = '' } = current.status ?? {};
  if (nominatedNodeName === '') return undefined;
  // The node it waited for will never do.
  if (statuses.get(nominatedNodeName).code === 'UnschedulableAndUnresolvable') return undefined;
  const waitsFor = snapshot
    .get(nominatedNodeName)
    ?.pods.some((other) => other.priority < pod.priority && isEndingByPreemption(other.pod));
  return waitsFor === true
    ? 'not eligible due to a terminating pod on the nominated node.'
    : undefined;
}

function isEndingByPreemption({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (status?.conditions ?? []).some(
      ({ type, status: value, reason }) =>
        type === 'DisruptionTarget' && value === 'True' && reason === 'PreemptionByScheduler',
    )
  );
}

/** Enough nodes on which removing Pods helps, beginning anywhere; and why others do not. */
function findCandidates(
  { snapshot, stores, clock, random, preemption }: PluginHandle,
  settings: Arguments,
  state: CycleState,
  pod: PodInfo,
  statuses: NodeStatuses,
): { readonly candidates: readonly Candidate[]; readonly tried: NodeStatuses } {
  const nodes: readonly NodeInfo[] = statuses.nodesWith('Unschedulable', snapshot.nodes);
  const enough = Math.min(
    Math.max(
      Math.floor((nodes.length * settings.minCandidateNodesPercentage) / 100),
      settings.minCandidateNodesAbsolute,
    ),
    nodes.length,
  );
  const start = Math.floor(random.next() * nodes.length);
  const budgets = stores.podDisruptionBudgets.list();
  const tried = new NodeStatuses();
  const candidates: Candidate[] = [];
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[(start + index) % nodes.length];
    if (node === undefined) break;
    const found = selectVictims(preemption, state.clone(), pod, node, budgets, clock.now());
    if ('code' in found) tried.set(node.name, found);
    else candidates.push(found);
    // One that violates no budget has to be among them.
    const isSafe = candidates.some(({ budgetViolations }) => budgetViolations === 0);
    if (candidates.length >= enough && isSafe) break;
  }
  return { candidates, tried };
}
