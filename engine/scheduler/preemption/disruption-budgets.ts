import type { PodDisruptionBudget } from '../../objects/generated/policy-v1.generated.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import type { PodInfo } from '../cache/pod-info.ts';

/** Tells the Pods whose removal their budgets do not allow from the others, in the order given. */
export function splitByBudget(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: readonly PodInfo[]; readonly allowed: readonly PodInfo[] } {
  const left = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const violating: PodInfo[] = [];
  const allowed: PodInfo[] = [];
  for (const pod of pods) (takes(pod, budgets, left) ? violating : allowed).push(pod);
  return { violating, allowed };
}

/** Takes the Pod from its budgets. True: one of them had nothing left. */
function takes({ pod }: PodInfo, budgets: readonly PodDisruptionBudget[], left: number[]): boolean {
  const { name = '', namespace, labels } = pod.metadata;
  if (labels === undefined) return false;
  for (const [index, { metadata, spec, status }] of budgets.entries()) {
    if (metadata.namespace !== namespace) continue;
    const selector = labelSelectorOf(spec?.selector);
    if (selector === null || selector.length === 0 || !matchesLabels(selector, labels)) continue;
    // It is being removed already, which is counted.
    if (status?.disruptedPods?.[name] !== undefined) continue;
    left[index] = (left[index] ?? 0) - 1;
    if (left[index] < 0) return true;
  }
  return false;
}
