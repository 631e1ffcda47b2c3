import type {
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '../objects/generated/core-v1.generated.ts';
import { formatTime } from '../objects/time.ts';
import type { ContainersState, Run } from './pod-life.ts';

/** What a kubelet would report of a Pod in this state. */
export function podStatus(
  pod: Pod,
  state: ContainersState,
  exitCode: number,
  addresses: { readonly podIp: string; readonly hostIp: string },
  now: number,
): PodStatus {
  const { podIp, hostIp } = addresses;
  const { status = {} } = pod;
  const hasAddress = state.kind !== 'creating';
  return {
    phase: phaseOf(state, exitCode),
    conditions: conditionsOf(pod, state, now),
    containerStatuses: (pod.spec.containers ?? []).map(({ name, image = '' }) =>
      containerStatus(name, image, state, exitCode),
    ),
    startTime: status.startTime ?? formatTime(now),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(hasAddress ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}),
  };
}

function phaseOf(state: ContainersState, exitCode: number): NonNullable<PodStatus['phase']> {
  switch (state.kind) {
    case 'creating':
      return 'Pending';
    case 'running':
    case 'backingOff':
      return 'Running';
    case 'ended':
      return exitCode === 0 ? 'Succeeded' : 'Failed';
  }
}

function conditionsOf(pod: Pod, state: ContainersState, now: number): PodCondition[] {
  const isReady = state.kind === 'running';
  const hasSandbox = state.kind !== 'creating';
  const notReady =
    state.kind === 'ended'
      ? { reason: 'PodCompleted' }
      : {
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${(pod.spec.containers ?? []).map(({ name }) => name).join(' ')}]`,
        };
  const known = pod.status?.conditions ?? [];
  const condition = (type: string, holds: boolean, why: object = {}): PodCondition => {
    const status = holds ? 'True' : 'False';
    const before = known.find((other) => other.type === type);
    const time =
      before?.status === status ? (before.lastTransitionTime ?? formatTime(now)) : formatTime(now);
    return { type, status, lastTransitionTime: time, ...(holds ? {} : why) };
  };
  return [
    condition('PodReadyToStartContainers', hasSandbox && state.kind !== 'ended'),
    condition('Initialized', true),
    condition('Ready', isReady, notReady),
    condition('ContainersReady', isReady, notReady),
    condition('PodScheduled', true),
  ];
}

function containerStatus(
  name: string,
  image: string,
  state: ContainersState,
  exitCode: number,
): ContainerStatus {
  const restartCount = state.kind === 'creating' ? 0 : state.restarts;
  return {
    name,
    image,
    imageID: state.kind === 'creating' ? '' : `hollow://${image}`,
    ready: state.kind === 'running',
    started: state.kind === 'running',
    restartCount,
    state: currentState(state, exitCode),
    lastState: state.kind === 'backingOff' ? terminated(state.ended, exitCode) : {},
    ...(state.kind === 'creating' ? {} : { containerID: `hollow://${name}-${restartCount}` }),
  };
}

function currentState(state: ContainersState, exitCode: number): ContainerState {
  switch (state.kind) {
    case 'creating':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'running':
      return { running: { startedAt: formatTime(state.since) } };
    case 'backingOff':
      return {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off restarting a container of a hollow node',
        },
      };
    case 'ended':
      return terminated(state.ended, exitCode);
  }
}

function terminated({ start, end }: Run, exitCode: number): ContainerState {
  return {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: formatTime(start),
      finishedAt: formatTime(end),
    },
  };
}
