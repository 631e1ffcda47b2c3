import { isSidecar, podQosClass } from '../../objects/pod-resources.ts';
import type {
  Container,
  ContainerStatus,
  Pod,
  PodStatus,
} from '../../objects/generated/core-v1.generated.ts';
import type { Probes } from '../contracts.ts';
import type { ResizeCondition } from '../resize/pod-resizer.ts';
import { hasInitialized, isHostNetwork } from '../pods/restart-policy.ts';
import { podConditions } from './conditions.ts';
import { containerStatuses, type StatusSources } from './container-statuses.ts';
import { isPodEnd, isStaticPod, phaseOf } from './phase.ts';
import { withProbeResults } from './probe-results.ts';

export interface PodStatusSources extends StatusSources {
  /** as computed last; the API's when there is none */
  readonly known: PodStatus;
  readonly probes: Pick<Probes, 'outcome' | 'isProbed'>;
  readonly nodeIps: readonly string[];
  /** how far a change of its resources is */
  readonly resize: readonly ResizeCondition[];
  /** it is to run nothing more */
  readonly isTerminal: boolean;
  /** what the node decided about the Pod: it is evicted, or its time is up */
  readonly verdict?: Pick<PodStatus, 'phase' | 'reason' | 'message'> | undefined;
  /** UNIX milliseconds */
  readonly now: number;
}

/** The status of a Pod as its runtime shows it (upstream's `generateAPIPodStatus`). Pure. */
export function podStatus(sources: PodStatusSources): PodStatus {
  const { pod, runtime, known, probes, verdict, resize, now } = sources;
  const { spec } = pod;
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  const build = (
    of: readonly Container[],
    before: readonly ContainerStatus[],
    kind: 'init' | 'main',
  ): ContainerStatus[] =>
    withProbeResults(pod, of, containerStatuses(sources, of, before, kind), before, probes, kind);
  const statuses = build(containers, known.containerStatuses ?? [], 'main');
  const initStatuses = build(initContainers, known.initContainerStatuses ?? [], 'init');
  const ephemeral = containerStatuses(
    sources,
    ephemeralContainers,
    known.ephemeralContainerStatuses ?? [],
    'ephemeral',
  );
  const { phase, reason, message } = judged(sources, [...statuses, ...initStatuses], verdict);
  const { generation } = pod.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(message === undefined || message === '' ? {} : { message }),
    conditions: podConditions({ pod, runtime, known, initStatuses, statuses, phase, resize }, now),
    ...addresses(sources),
    qosClass: pod.status?.qosClass ?? podQosClass(spec),
    containerStatuses: statuses,
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
  };
}

type Judged = Pick<PodStatus, 'reason' | 'message'> & {
  readonly phase: NonNullable<PodStatus['phase']>;
};

/** A Pod that has ended has ended, whatever its containers say. */
function judged(
  { pod, runtime, known, isTerminal }: PodStatusSources,
  statuses: readonly ContainerStatus[],
  verdict: PodStatusSources['verdict'],
): Judged {
  const computed = phaseOf(pod, statuses, {
    isTerminal,
    isInitialized: hasInitialized(pod, runtime),
  });
  const final = [pod.status?.phase, known.phase].find(isPodEnd);
  const phase = final ?? computed;
  if (verdict?.phase !== undefined && (final === undefined || verdict.phase === final))
    return { phase: verdict.phase, reason: verdict.reason ?? '', message: verdict.message ?? '' };
  if (phase !== known.phase) return { phase };
  const { reason = pod.status?.reason, message = pod.status?.message } = known;
  return {
    phase,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

function addresses({ pod, runtime, nodeIps, known }: PodStatusSources): Partial<PodStatus> {
  const isAtHost = isHostNetwork(pod);
  const ips = isAtHost ? nodeIps : runtime.ips;
  const [podIP] = ips;
  const [hostIP = ''] = nodeIps;
  return {
    hostIP,
    hostIPs: nodeIps.map((ip) => ({ ip })),
    ...(podIP === undefined ? {} : { podIP, podIPs: ips.map((ip) => ({ ip })) }),
    ...(known.startTime === undefined ? {} : { startTime: known.startTime }),
  };
}

/** Statuses of containers of a Pod that has ended and of which the runtime forgot something (upstream's `TerminatePod`). */
export function finalStatus(pod: Pod, status: PodStatus): PodStatus {
  const lost = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };
  const end = (one: ContainerStatus): ContainerStatus =>
    one.state?.terminated === undefined ? { ...one, state: { terminated: lost } } : one;
  const { containerStatuses: main = [], initContainerStatuses: init = [] } = status;
  const hasRun = main.some(
    ({ state, lastState }) =>
      state?.running !== undefined ||
      state?.terminated !== undefined ||
      lastState?.terminated !== undefined,
  );
  const initContainers = pod.spec.initContainers ?? [];
  const lastStarted = init.findLastIndex(
    ({ state, lastState }) =>
      state?.running !== undefined ||
      state?.terminated !== undefined ||
      lastState?.terminated !== undefined,
  );
  const isInitialized =
    hasRun || init.every((one) => isThrough(one, initContainers)) || initContainers.length === 0;
  const isKept = isPodEnd(status.phase) || isStaticPod(pod);
  return {
    ...status,
    ...(isKept ? {} : { phase: 'Failed' }),
    containerStatuses: isInitialized ? main.map(end) : main,
    ...(init.length === 0
      ? {}
      : {
          initContainerStatuses: init.map((one, index) => (index <= lastStarted ? end(one) : one)),
        }),
  };
}

function isThrough({ name, state, started }: ContainerStatus, of: readonly Container[]): boolean {
  const container = of.find((other) => other.name === name);
  return container !== undefined && isSidecar(container)
    ? started === true
    : state?.terminated?.exitCode === 0;
}
