import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PodDisruptionBudget } from '../../objects/generated/policy-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { CycleState } from '../framework/cycle-state.ts';
import type { PreemptionHandle } from '../framework/plugin.ts';
import { unresolvable, type Rejection } from '../framework/status.ts';
import { splitByBudget } from './disruption-budgets.ts';
import { byImportance, startOf } from './pod-importance.ts';

/** A node that would fit without these Pods. */
export interface Candidate {
  readonly nodeName: string;
  /** the most important first; at least one */
  readonly victims: readonly Pod[];
  readonly budgetViolations: number;
}

/**
 * The Pods of lower priority that have to go from a node, as few and as unimportant as can be: all
 * are taken away, and then put back one by one, the most important first, as long as the Pod fits.
 * @param state changes; give a clone
 */
export function selectVictims(
  handle: PreemptionHandle,
  state: CycleState,
  pod: PodInfo,
  on: NodeInfo,
  budgets: readonly PodDisruptionBudget[],
  now: number,
): Candidate | Rejection {
  const node = on.clone();
  const lower = on.pods.filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0)
    return unresolvable('DefaultPreemption', 'No preemption victims found for incoming pod');
  const remove = (victim: PodInfo): void => {
    node.removePod(victim.uid);
    handle.removePod(state, pod, victim, node);
  };
  for (const victim of lower) remove(victim);
  const rejection = handle.filter(state, pod, node);
  if (rejection !== undefined) return rejection;

  const compare = byImportance(now);
  const sorted = lower.toSorted((a, b) => compare(a.pod, b.pod));
  const { violating, allowed } = splitByBudget(sorted, budgets);
  const victims: Pod[] = [];
  /** Whether the Pod may stay. */
  const reprieve = (victim: PodInfo): boolean => {
    node.addPod(victim);
    handle.addPod(state, pod, victim, node);
    if (handle.filter(state, pod, node) === undefined) return true;
    remove(victim);
    victims.push(victim.pod);
    return false;
  };
  const budgetViolations = violating.filter((victim) => !reprieve(victim)).length;
  for (const victim of allowed) reprieve(victim);
  if (victims.length === 0)
    return unresolvable(
      'DefaultPreemption',
      `expected at least one victim pod on node "${on.name}"`,
    );
  return { nodeName: node.name, victims: victims.toSorted(compare), budgetViolations };
}

/** Lower is better, in order of weight. */
function costs({ victims, budgetViolations }: Candidate, now: number): readonly number[] {
  const priorities = victims.map(({ spec }) => spec.priority ?? 0);
  const highest = Math.max(...priorities);
  const starts = victims
    .filter((_victim, index) => priorities[index] === highest)
    .map((victim) => startOf(victim, now));
  return [
    budgetViolations,
    highest,
    // Shifted, so that many Pods of negative priority do not look cheaper than few.
    priorities.reduce((sum, priority) => sum + priority + 2 ** 31, 0),
    victims.length,
    -Math.min(...starts),
  ];
}

/** The least harmful: fewest violated budgets, lowest priorities, fewest Pods, latest started. */
export function leastHarmful(candidates: readonly Candidate[], now: number): Candidate | undefined {
  let best: Candidate | undefined;
  let bestCosts: readonly number[] = [];
  for (const candidate of candidates) {
    const own = costs(candidate, now);
    const difference = own
      .map((cost, index) => cost - (bestCosts[index] ?? Infinity))
      .find(Boolean);
    if (best === undefined || (difference !== undefined && difference < 0)) {
      best = candidate;
      bestCosts = own;
    }
  }
  return best;
}
