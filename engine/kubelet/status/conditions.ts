import { isSidecar } from '../../objects/pod-resources.ts';
import type {
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { RuntimePod } from '../contracts.ts';
import { sandboxChange } from '../pods/sandbox-change.ts';

type Phase = PodStatus['phase'];
type Judgement = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Conditions of a Pod that are the kubelet's to set. */
const OWN_CONDITIONS: readonly string[] = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'PodResizePending',
  'PodResizeInProgress',
];
/** One that others set too: the kubelet keeps what it knows of it. */
const SHARED_CONDITIONS: readonly string[] = ['DisruptionTarget'];

export function isConditionOfKubelet(type: string): boolean {
  return OWN_CONDITIONS.includes(type);
}

/** What to conclude conditions from (upstream's status/generate.go). */
export interface ConditionFacts {
  readonly pod: Pod;
  readonly runtime: RuntimePod;
  /** as computed last */
  readonly known: PodStatus;
  readonly initStatuses: readonly ContainerStatus[];
  readonly statuses: readonly ContainerStatus[];
  readonly phase: Phase;
  readonly resize: readonly Judgement[];
}

/** All conditions of a Pod, those of others first. @param now UNIX milliseconds */
export function podConditions(facts: ConditionFacts, now: number): PodCondition[] {
  const { pod, known } = facts;
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !isConditionOfKubelet(type));
  const shared = (known.conditions ?? []).filter(({ type }) => SHARED_CONDITIONS.includes(type));
  const others = [
    ...foreign.filter(({ type }) => !shared.some((condition) => condition.type === type)),
    ...shared,
  ];
  const own = [
    readyToStart(facts),
    initialized(facts),
    ready(facts, others),
    containersReady(facts),
    { type: 'PodScheduled', status: 'True' } as const,
    ...facts.resize,
  ];
  return [...others, ...own.map((judgement) => dated(judgement, pod, known, now))];
}

/** The time of a condition is that of its last change. */
function dated(judgement: Judgement, pod: Pod, known: PodStatus, now: number): PodCondition {
  const before =
    known.conditions?.find(({ type }) => type === judgement.type) ??
    pod.status?.conditions?.find(({ type }) => type === judgement.type);
  const isSame = before?.status === judgement.status;
  const { generation } = pod.metadata;
  return {
    ...judgement,
    lastTransitionTime: (isSame ? before.lastTransitionTime : undefined) ?? formatTime(now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

function readyToStart({ pod, runtime }: ConditionFacts): Judgement {
  const type = 'PodReadyToStartContainers';
  const { isNeeded, message } = sandboxChange(pod, runtime);
  return isNeeded
    ? { type, status: 'False', reason: 'PodSandboxNotReady', message }
    : { type, status: 'True' };
}

/** `containers with … status: [a b]` for what is not as it should be. */
function complaint(word: string, unknown: readonly string[], wrong: readonly string[]): string {
  const parts: string[] = [];
  if (unknown.length > 0) parts.push(`containers with unknown status: [${unknown.join(' ')}]`);
  if (wrong.length > 0) parts.push(`containers with ${word} status: [${wrong.join(' ')}]`);
  return parts.join(', ');
}

function initialized({ pod, initStatuses, statuses, phase }: ConditionFacts): Judgement {
  const type = 'Initialized';
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = initStatuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!(isSidecar(container) ? status.started === true : status.ready))
      incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0)
    return { type, status: 'True', reason: 'PodCompleted' };
  const hasStarted = statuses.some(
    ({ state }) => state?.running !== undefined || state?.terminated !== undefined,
  );
  const message = complaint('incomplete', unknown, incomplete);
  return hasStarted || message === ''
    ? { type, status: 'True' }
    : { type, status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReady(facts: ConditionFacts): Judgement {
  const { pod, initStatuses, statuses, phase } = facts;
  const type = 'ContainersReady';
  const { initContainers = [], containers } = pod.spec;
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...initContainers.filter(isSidecar), ...containers]) {
    const status = [...initStatuses, ...statuses].find((other) => other.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  if (phase === 'Succeeded' && unknown.length === 0)
    return { type, status: 'False', reason: 'PodCompleted' };
  const message = complaint('unready', unknown, unready);
  return message === ''
    ? { type, status: 'True' }
    : { type, status: 'False', reason: 'ContainersNotReady', message };
}

function ready(facts: ConditionFacts, others: readonly PodCondition[]): Judgement {
  const type = 'Ready';
  const containers = containersReady(facts);
  if (containers.status !== 'True') return { ...containers, type };
  const complaints = (facts.pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = others.find((condition) => condition.type === conditionType);
    if (gate === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return gate.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  return complaints.length === 0
    ? { type, status: 'True' }
    : {
        type,
        status: 'False',
        reason: 'ReadinessGatesNotReady',
        message: complaints.join(', '),
      };
}
