import { isSidecar } from '../../objects/pod-resources.ts';
import type { ContainerStatus, Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { isRestarted } from '../pods/restart-policy.ts';

type Phase = NonNullable<PodStatus['phase']>;

/**
 * The phase of a Pod by the statuses of its containers (upstream's `getPhase`).
 * @param isTerminal it is to run nothing more
 * @param isInitialized main containers were made in the sandbox that is in use
 */
export function phaseOf(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  { isTerminal, isInitialized }: { readonly isTerminal: boolean; readonly isInitialized: boolean },
): Phase {
  const { spec } = pod;
  const { initContainers = [], containers } = spec;
  const statusOf = (name: string) => statuses.find((status) => status.name === name);
  let pendingInit = 0;
  let pendingSidecars = 0;
  const count = { unknown: 0, running: 0, waiting: 0, stopped: 0, final: 0, succeeded: 0 };
  for (const container of initContainers) {
    const { state, lastState, started } = statusOf(container.name) ?? {};
    if (isSidecar(container)) {
      if (state === undefined) count.unknown++;
      else if (state.running !== undefined) {
        if (started !== true) pendingSidecars++;
        count.running++;
      } else if (state.waiting !== undefined && lastState?.terminated === undefined) {
        pendingSidecars++;
        count.waiting++;
      }
      continue;
    }
    const ended =
      state?.terminated ?? (state?.waiting === undefined ? undefined : lastState?.terminated);
    if (ended === undefined) pendingInit++;
    else if (ended.exitCode !== 0 && !isRestarted(container, spec, ended.exitCode)) return 'Failed';
  }
  for (const container of containers) {
    const { state, lastState } = statusOf(container.name) ?? {};
    const ended =
      state?.terminated ?? (state?.waiting === undefined ? undefined : lastState?.terminated);
    if (state?.running !== undefined) count.running++;
    else if (ended !== undefined) {
      count.stopped++;
      if (!isRestarted(container, spec, ended.exitCode)) count.final++;
      if (state?.terminated?.exitCode === 0) count.succeeded++;
    } else if (state?.waiting !== undefined) count.waiting++;
    else count.unknown++;
  }
  if (pendingInit > 0 || (pendingSidecars > 0 && !isInitialized) || count.waiting > 0)
    return 'Pending';
  if (count.running > 0 && count.unknown === 0) return 'Running';
  if (count.running > 0 || count.stopped === 0 || count.unknown > 0) return 'Pending';
  const outcome = count.stopped === count.succeeded ? 'Succeeded' : 'Failed';
  if (isTerminal && !isStaticPod(pod)) return outcome;
  return count.stopped === count.final ? outcome : 'Running';
}

/** Its source is the node itself. */
export function isStaticPod({ metadata }: Pod): boolean {
  const source = metadata.annotations?.['kubernetes.io/config.source'];
  return source !== undefined && source !== 'api';
}

/** All its containers have ended for good. */
export function isPodEnd(phase: PodStatus['phase']): phase is 'Succeeded' | 'Failed' {
  return phase === 'Succeeded' || phase === 'Failed';
}
