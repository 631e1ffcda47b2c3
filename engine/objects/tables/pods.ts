import type {
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodSpec,
  PodStatus,
} from '../generated/core-v1.generated.ts';
import { isSidecar } from '../pod-resources.ts';
import { age } from './ages.ts';
import { hasCondition, none, type Printer, type TableRowCondition } from './table.ts';

export const pod: Printer<Pod> = (object, now) => {
  const { spec, status = {} } = object;
  const gates = spec.readinessGates ?? [];
  const open = gates.filter(({ conditionType }) => hasCondition(status.conditions, conditionType));
  const { reason, ready, restarts } = summary(object);
  const containers =
    (spec.containers.length ?? 0) + (spec.initContainers ?? []).filter(isSidecar).length;
  const again =
    restarts.count > 0 && restarts.last !== ''
      ? `${restarts.count} (${age(restarts.last, now)} ago)`
      : String(restarts.count);
  return [
    object.metadata.name,
    `${ready}/${containers}`,
    deletionReason(object) ?? reason,
    again,
    age(object.metadata.creationTimestamp, now),
    status.podIPs?.[0]?.ip || none,
    spec.nodeName || none,
    status.nominatedNodeName || none,
    gates.length === 0 ? none : `${open.length}/${gates.length}`,
  ];
};

const completed = { type: 'Completed', status: 'True' } as const;
const succeeded: readonly TableRowCondition[] = [
  { ...completed, reason: 'Succeeded', message: 'The pod has completed successfully.' },
];
const failed: readonly TableRowCondition[] = [
  { ...completed, reason: 'Failed', message: 'The pod failed.' },
];

export function podConditions({ status }: Pod): readonly TableRowCondition[] | undefined {
  if (status?.phase === 'Succeeded') return succeeded;
  return status?.phase === 'Failed' ? failed : undefined;
}

/** How often containers were started again, and when one last ended; an empty time is none. */
class Restarts {
  count = 0;
  last = '';

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount;
    const ended = lastState?.terminated?.finishedAt ?? '';
    if (ended > this.last) this.last = ended;
  }
}

interface Summary {
  readonly reason: string;
  readonly ready: number;
  readonly restarts: Restarts;
}

function summary({ spec, status = {} }: Pod): Summary {
  const starting = initialisation(spec.initContainers ?? [], status.initContainerStatuses ?? []);
  const reason = starting.reason ?? podReason(status);
  if (starting.reason !== undefined && !hasCondition(status.conditions, 'Initialized')) {
    return { reason, ready: starting.ready, restarts: starting.restarts };
  }
  return containers(status, reason, starting.ready, starting.sidecarRestarts);
}

function podReason({ phase, reason, conditions }: PodStatus): string {
  const gated = conditions?.some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  return gated ? 'SchedulingGated' : reason || (phase ?? '');
}

interface Initialisation {
  /** why the Pod is not initialised; undefined when it is */
  readonly reason: string | undefined;
  readonly ready: number;
  readonly restarts: Restarts;
  readonly sidecarRestarts: Restarts;
}

/** Init containers up to the first that has neither ended well nor, as a sidecar, started. */
function initialisation(
  specs: NonNullable<PodSpec['initContainers']>,
  statuses: readonly ContainerStatus[],
): Initialisation {
  const sidecars = new Set(specs.filter(isSidecar).map(({ name }) => name));
  const restarts = new Restarts();
  const sidecarRestarts = new Restarts();
  let ready = 0;
  for (const [index, status] of statuses.entries()) {
    const sidecar = sidecars.has(status.name);
    restarts.add(status);
    if (sidecar) sidecarRestarts.add(status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) ready += 1;
      continue;
    }
    const held = waiting?.reason && waiting.reason !== 'PodInitializing' ? waiting.reason : '';
    const why = terminated ? exitReason(terminated) : held || `${index}/${specs.length}`;
    return { reason: `Init:${why}`, ready, restarts, sidecarRestarts };
  }
  return { reason: undefined, ready, restarts, sidecarRestarts };
}

function containers(
  { containerStatuses, conditions }: PodStatus,
  podsReason: string,
  readySidecars: number,
  restarts: Restarts,
): Summary {
  let reason = podsReason;
  let failure = '';
  let running = false;
  let ready = readySidecars;
  for (const status of (containerStatuses ?? []).toReversed()) {
    restarts.add(status);
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason) {
      reason = waiting.reason;
    } else if (terminated) {
      reason = exitReason(terminated);
      if (terminated.exitCode !== 0) failure = reason;
    } else if (status.ready && status.state?.running) {
      running = true;
      ready += 1;
    }
  }
  // one container has ended, which says nothing of the others
  if (reason === 'Completed') {
    if (running && hasCondition(conditions, 'Ready')) reason = 'Running';
    else if (failure !== '') reason = failure;
    else if (running) reason = 'NotReady';
  }
  return { reason, ready, restarts };
}

function exitReason({ reason, signal, exitCode }: ContainerStateTerminated): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function deletionReason({ metadata, status = {} }: Pod): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? undefined : 'Terminating';
}
