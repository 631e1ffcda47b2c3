import { isSidecar } from '../../objects/pod-resources.ts';
import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { Probes, RuntimeContainer, RuntimePod } from '../contracts.ts';
import { containerHash } from '../labels.ts';
import {
  activeOf,
  hasInitialized,
  isRestarted,
  isRestartedAfterKill,
  newestOf,
  shouldRun,
} from './restart-policy.ts';
import { sandboxChange } from './sandbox-change.ts';

/** Why a container is killed: decides how long it is given. */
export type KillReason = 'liveness' | 'startup' | 'other';

export interface ContainerKill {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly reason: KillReason;
}

/** What is to be done, in this order, so that what runs is what a Pod wants. */
export interface PodActions {
  /** everything that runs, and the sandbox with it */
  readonly killPod: boolean;
  readonly kill: readonly ContainerKill[];
  readonly createSandbox: boolean;
  /** of the sandbox there is */
  readonly sandboxId: string | undefined;
  readonly attempt: number;
  readonly ephemeralToStart: readonly Container[];
  readonly initToStart: readonly Container[];
  readonly toStart: readonly Container[];
}

/** What may be wrong with running containers. */
export interface ContainerHealth extends Pick<Probes, 'outcome'> {
  /** it was given other resources, which it can only have from its start */
  readonly needsRestart: (container: Container, running: RuntimeContainer) => boolean;
}

/** Compares a Pod with what runs of it (upstream's `computePodActions`). */
export function computePodActions(
  pod: Pod,
  runtime: RuntimePod,
  probes: ContainerHealth,
): PodActions {
  const { isNeeded, attempt, sandboxId } = sandboxChange(pod, runtime);
  const nothing: PodActions = {
    killPod: false,
    kill: [],
    createSandbox: false,
    sandboxId,
    attempt,
    ephemeralToStart: [],
    initToStart: [],
    toStart: [],
  };
  if (isNeeded) return { ...nothing, killPod: true, ...inNewSandbox(pod, runtime, attempt) };
  const ephemeralToStart = (pod.spec.ephemeralContainers ?? []).filter(
    ({ name }) => newestOf(runtime, name) === undefined,
  );
  const init = initActions(pod, runtime, probes);
  const withInit: PodActions = {
    ...nothing,
    ephemeralToStart,
    initToStart: init.toStart,
    kill: init.kill,
    killPod: init.hasFailed,
  };
  if (init.hasFailed || !init.isDone) return withInit;
  const kill: ContainerKill[] = [...init.kill];
  const toStart: Container[] = [];
  let kept = 0;
  for (const container of pod.spec.containers ?? []) {
    const newest = newestOf(runtime, container.name);
    if (newest?.state !== 'CONTAINER_RUNNING') {
      if (!shouldRun(container, pod, runtime)) continue;
      toStart.push(container);
      if (newest?.state === 'CONTAINER_UNKNOWN') kill.push(killUnknown('Container', newest));
      continue;
    }
    const wrong = whatIsWrong(container, newest, probes);
    if (wrong === undefined) {
      kept++;
      continue;
    }
    const isBack = wrong.isRestartedAnyway || isRestartedAfterKill(container, pod.spec);
    if (isBack) toStart.push(container);
    kill.push({
      id: newest.id,
      name: newest.name,
      message: isBack ? `${wrong.message}, will be restarted` : wrong.message,
      reason: wrong.reason,
    });
  }
  if (kept === 0 && toStart.length === 0)
    return { ...withInit, kill, killPod: true, initToStart: [] };
  return { ...withInit, kill, toStart };
}

/** What to start in a sandbox that is yet to be made, if it is worth making. */
function inNewSandbox(
  pod: Pod,
  runtime: RuntimePod,
  attempt: number,
): Partial<Pick<PodActions, 'createSandbox' | 'initToStart' | 'toStart'>> {
  const { spec } = pod;
  const { containers, initContainers = [] } = spec;
  if (spec.restartPolicy === 'Never' && attempt !== 0 && runtime.containers.length > 0) return {};
  const toStart = containers.filter((container) => {
    const newest = newestOf(runtime, container.name);
    const hasSucceeded = newest?.state === 'CONTAINER_EXITED' && newest.exitCode === 0;
    return !((container.restartPolicy ?? spec.restartPolicy) === 'OnFailure' && hasSucceeded);
  });
  if (toStart.length === 0 && hasAnyBeenCreated(pod, runtime)) return {};
  const [first] = initContainers;
  return first === undefined
    ? { createSandbox: true, toStart }
    : { createSandbox: true, initToStart: [first] };
}

/** A main container was made in whatever sandbox, so init containers were through once. */
export function hasAnyBeenCreated({ spec }: Pod, runtime: RuntimePod): boolean {
  return (spec.containers ?? []).some(({ name }) => {
    const state = newestOf(runtime, name)?.state;
    return state !== undefined && state !== 'CONTAINER_UNKNOWN';
  });
}

interface Wrong {
  readonly message: string;
  readonly reason: KillReason;
  readonly isRestartedAnyway: boolean;
}

/** Why a running container cannot stay. */
function whatIsWrong(
  container: Container,
  running: RuntimeContainer,
  probes: ContainerHealth,
): Wrong | undefined {
  const { id, hash } = running;
  const wrong = (what: string, reason: KillReason, isRestartedAnyway = false): Wrong => ({
    message: `Container ${container.name} ${what}`,
    reason,
    isRestartedAnyway,
  });
  if (hash !== containerHash(container)) return wrong('definition changed', 'other', true);
  if (probes.needsRestart(container, running))
    return wrong('resize requires restart', 'other', true);
  if (probes.outcome('liveness', id) === 'failure')
    return wrong('failed liveness probe', 'liveness');
  if (probes.outcome('startup', id) === 'failure') return wrong('failed startup probe', 'startup');
  return undefined;
}

function killUnknown(what: string, { id, name }: RuntimeContainer): ContainerKill {
  const message = `${what} is in "unknown" state, try killing it before restart`;
  return { id, name, message, reason: 'other' };
}

interface InitActions {
  /** all are through: main containers may run */
  readonly isDone: boolean;
  /** one failed for good */
  readonly hasFailed: boolean;
  readonly toStart: readonly Container[];
  readonly kill: readonly ContainerKill[];
}

/** One at a time in their order; sidecars are kept running beside the rest (`computeInitContainerActions`). */
function initActions(pod: Pod, runtime: RuntimePod, probes: ContainerHealth): InitActions {
  const { initContainers = [] } = pod.spec;
  let isDone = initContainers.length === 0 || hasInitialized(pod, runtime);
  const toStart = new Set<number>();
  const kill: ContainerKill[] = [];
  // Backwards, because the records of those that ended first may be gone: the last one counts.
  let isBehind = isDone;
  for (const [index, container] of [...initContainers.entries()].toReversed()) {
    const newest = activeOf(runtime, container.name);
    const isSidecarHere = isSidecar(container);
    if (newest === undefined) {
      if (isBehind && isSidecarHere) toStart.add(index);
      continue;
    }
    if (isBehind && !isSidecarHere) continue;
    const passOn = (): void => {
      if (index === initContainers.length - 1) isDone = true;
      else if (!isBehind) toStart.add(index + 1);
    };
    switch (newest.state) {
      case 'CONTAINER_CREATED':
        toStart.add(index);
        break;
      case 'CONTAINER_RUNNING': {
        if (!isSidecarHere) break;
        const startup =
          container.startupProbe === undefined ? 'success' : probes.outcome('startup', newest.id);
        if (startup === 'success') passOn();
        else if (startup !== 'failure') break;
        const wrong = whatIsWrong(container, newest, probes);
        if (wrong === undefined) break;
        kill.push({
          id: newest.id,
          name: newest.name,
          message: `Init container${wrong.message.slice('Container'.length)}`,
          reason: wrong.reason,
        });
        toStart.add(index);
        break;
      }
      case 'CONTAINER_EXITED':
        if (isSidecarHere) toStart.add(index);
        else if (newest.exitCode === 0) passOn();
        else if (isRestarted(container, pod.spec, newest.exitCode ?? 0)) toStart.add(index);
        else return { isDone: false, hasFailed: true, toStart: [], kill };
        break;
      case 'CONTAINER_UNKNOWN':
        if (!isSidecarHere && !isRestartedAfterKill(container, pod.spec))
          return { isDone: false, hasFailed: true, toStart: [], kill };
        kill.push(killUnknown('Init container', newest));
        toStart.add(index);
        break;
    }
    isBehind = true;
  }
  if (!isBehind) toStart.add(0);
  const starting = initContainers.filter((_, index) => toStart.has(index));
  return { isDone, hasFailed: false, toStart: starting, kill };
}
