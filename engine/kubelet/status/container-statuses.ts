import { isSidecar } from '../../objects/pod-resources.ts';
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  VolumeMountStatus,
} from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { RuntimeContainer, RuntimePod } from '../contracts.ts';
import { hasAnyBeenCreated } from '../pods/pod-actions.ts';
import { newestOf, shouldRun } from '../pods/restart-policy.ts';
import { formatContainerId } from './container-id.ts';

/** Why a container could not be started when it was tried last. */
export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface StatusSources {
  readonly pod: Pod;
  readonly runtime: RuntimePod;
  readonly runtimeName: string;
  /** by the name of the container */
  readonly waiting: ReadonlyMap<string, WaitingReason>;
}

/** Exit code of a container of which nobody knows how it ended: as if it was killed. */
const UNKNOWN_EXIT_CODE = 137;

/**
 * Statuses of containers of one kind, in the order of the specification (upstream's
 * `convertToAPIContainerStatuses`). `ready` and `started` are for the probes to say.
 * @param known those computed last
 */
export function containerStatuses(
  sources: StatusSources,
  containers: readonly Container[],
  known: readonly ContainerStatus[],
  kind: 'init' | 'main' | 'ephemeral',
): ContainerStatus[] {
  return containers.map((container) => {
    const before = known.find(({ name }) => name === container.name);
    const status = fromRuntime(sources, container, before);
    return waitingFor(sources, container, status, kind === 'init');
  });
}

/** What the runtime knows of it: the newest container, and the one before as its last state. */
function fromRuntime(
  sources: StatusSources,
  container: Container,
  before: ContainerStatus | undefined,
): ContainerStatus {
  const { runtime, pod } = sources;
  const [newest, previous] = runtime.containers.filter(({ name }) => name === container.name);
  if (newest === undefined) return withoutRuntime(pod, container, before);
  const status = converted(sources, container, newest, before);
  return previous === undefined
    ? status
    : { ...status, lastState: converted(sources, container, previous, before).state ?? {} };
}

function withoutRuntime(
  pod: Pod,
  container: Container,
  before: ContainerStatus | undefined,
): ContainerStatus {
  if (before?.state?.terminated !== undefined) return before;
  const hasInit = (pod.spec.initContainers ?? []).length > 0;
  const waiting: ContainerStatus = {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    restartCount: before?.restartCount ?? 0,
    state: { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: before?.lastState ?? {},
    ...mounts(container),
  };
  if (before?.state?.running === undefined || before.lastState?.terminated !== undefined)
    return waiting;
  // It ran, and nobody can tell what became of it.
  const isDeleted = pod.metadata.deletionTimestamp !== undefined;
  return {
    ...waiting,
    restartCount: waiting.restartCount + (isDeleted ? 0 : 1),
    lastState: {
      terminated: {
        exitCode: UNKNOWN_EXIT_CODE,
        reason: 'ContainerStatusUnknown',
        message:
          'The container could not be located when the pod was deleted.  The container used to be Running',
      },
    },
  };
}

function converted(
  { runtimeName }: StatusSources,
  container: Container,
  found: RuntimeContainer,
  before: ContainerStatus | undefined,
): ContainerStatus {
  const containerID = formatContainerId(runtimeName, found.id);
  const isOther = before !== undefined && before.containerID !== containerID;
  const ended = isOther ? before.state?.terminated : undefined;
  const lastEnded = ended ?? before?.lastState?.terminated;
  const status: ContainerStatus = {
    name: found.name,
    image: found.image,
    imageID: found.imageRef,
    containerID,
    ready: false,
    restartCount: Math.max(found.restartCount, before?.restartCount ?? 0),
    state: stateOf(found, containerID, before),
    lastState: lastEnded === undefined ? {} : { terminated: lastEnded },
    ...(container.resources === undefined ? {} : { resources: container.resources }),
    ...(container.resources?.requests === undefined
      ? {}
      : { allocatedResources: container.resources.requests }),
    ...mounts(container),
  };
  const isLost = found.state === 'CONTAINER_UNKNOWN' && before?.state?.running !== undefined;
  return isLost ? { ...status, restartCount: before.restartCount + 1 } : status;
}

function stateOf(
  found: RuntimeContainer,
  containerID: string,
  before: ContainerStatus | undefined,
): ContainerState {
  switch (found.state) {
    case 'CONTAINER_RUNNING':
      return { running: time('startedAt', found.startedAt) };
    case 'CONTAINER_EXITED': {
      const { exitCode = 0, reason, message } = found;
      const terminated: ContainerStateTerminated = {
        exitCode,
        ...(reason === undefined || reason === '' ? {} : { reason }),
        ...(message === undefined || message === '' ? {} : { message }),
        ...time('startedAt', found.startedAt),
        ...time('finishedAt', found.finishedAt),
        containerID,
      };
      return { terminated };
    }
    case 'CONTAINER_UNKNOWN':
      return before?.state?.running === undefined
        ? { waiting: {} }
        : {
            terminated: {
              exitCode: UNKNOWN_EXIT_CODE,
              reason: 'ContainerStatusUnknown',
              message: 'The container could not be located when the pod was terminated',
            },
          };
    case 'CONTAINER_CREATED':
      return { waiting: {} };
  }
}

function time<Name extends string>(name: Name, at: number | undefined): { [Key in Name]?: string } {
  return (at === undefined ? {} : { [name]: formatTime(at) }) as { [Key in Name]?: string };
}

/** One that is to run and does not says why. */
function waitingFor(
  { pod, runtime, waiting }: StatusSources,
  container: Container,
  status: ContainerStatus,
  isInit: boolean,
): ContainerStatus {
  if (isInit) {
    const newest = newestOf(runtime, container.name);
    if (newest?.state === 'CONTAINER_EXITED' && newest.exitCode === 0) return status;
    const isForgotten =
      newest === undefined && !isSidecar(container) && status.state?.waiting !== undefined;
    if (isForgotten && hasAnyBeenCreated(pod, runtime)) {
      const message =
        'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally';
      const terminated = { exitCode: 0, reason: 'Completed', message };
      return { ...status, state: { terminated } };
    }
  }
  const reason = waiting.get(container.name);
  if (reason === undefined || !shouldRun(container, pod, runtime)) return status;
  const { state, lastState } = status;
  return {
    ...status,
    lastState: state?.terminated === undefined ? (lastState ?? {}) : state,
    state: { waiting: { ...reason } },
  };
}

function mounts({ volumeMounts = [] }: Container): {
  readonly volumeMounts?: readonly VolumeMountStatus[];
} {
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}
