import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from '../generated/apps-v1.generated.ts';
import type { Scale } from '../generated/autoscaling-v1.generated.ts';
import type { CronJob, Job } from '../generated/batch-v1.generated.ts';
import type {
  Container,
  PodTemplate,
  PodTemplateSpec,
  ReplicationController,
} from '../generated/core-v1.generated.ts';
import type { PodDisruptionBudget } from '../generated/policy-v1.generated.ts';
import { parseApiVersion } from '../kubernetes-object.ts';
import { age, humanDuration } from './ages.ts';
import { formatLabels, formatSelector, hasCondition, none, type Printer, unset } from './table.ts';

/** Names and images of containers: two cells. */
function containerCells(containers: readonly Container[] | null | undefined): [string, string] {
  const all = containers ?? [];
  return [all.map(({ name }) => name).join(','), all.map(({ image }) => image ?? '').join(',')];
}

const templateCells = (template: PodTemplateSpec | undefined) =>
  containerCells(template?.spec?.containers);

export const podTemplate: Printer<PodTemplate> = ({ metadata, template }) => [
  metadata.name,
  ...templateCells(template),
  formatLabels(template?.metadata?.labels),
];

export const replicationController: Printer<ReplicationController> = (object, now) => {
  const { metadata, spec, status } = object;
  return [
    metadata.name,
    spec.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...templateCells(spec.template),
    formatLabels(spec.selector),
  ];
};

export const replicaSet: Printer<ReplicaSet> = ({ metadata, spec, status }, now) => [
  metadata.name,
  spec.replicas ?? 0,
  status?.replicas ?? 0,
  status?.readyReplicas ?? 0,
  age(metadata.creationTimestamp, now),
  ...templateCells(spec.template),
  formatSelector(spec.selector),
];

export const deployment: Printer<Deployment> = ({ metadata, spec, status }, now) => {
  const selector = formatSelector(spec.selector, '<invalid>');
  return [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...templateCells(spec.template),
    selector === none ? '' : selector,
  ];
};

export const statefulSet: Printer<StatefulSet> = ({ metadata, spec, status }, now) => [
  metadata.name,
  `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
  age(metadata.creationTimestamp, now),
  ...templateCells(spec.template),
];

export const daemonSet: Printer<DaemonSet> = ({ metadata, spec, status }, now) => [
  metadata.name,
  status?.desiredNumberScheduled ?? 0,
  status?.currentNumberScheduled ?? 0,
  status?.numberReady ?? 0,
  status?.updatedNumberScheduled ?? 0,
  status?.numberAvailable ?? 0,
  formatLabels(spec.template.spec?.nodeSelector),
  age(metadata.creationTimestamp, now),
  ...templateCells(spec.template),
  formatSelector(spec.selector),
];

export const job: Printer<Job> = (object, now) => {
  const { metadata, spec } = object;
  return [
    metadata.name,
    jobState(object),
    jobCompletions(object),
    jobDuration(object, now),
    age(metadata.creationTimestamp, now),
    ...templateCells(spec.template),
    formatSelector(spec.selector),
  ];
};

function jobState({ metadata, status = {} }: Job): string {
  const is = (type: string) => hasCondition(status.conditions, type);
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running';
}

function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status = {} }: Job, now: number): string {
  const { startTime, completionTime } = status;
  if (!startTime) return '';
  const end = completionTime ? Date.parse(completionTime) : now;
  return humanDuration(end - Date.parse(startTime));
}

export const cronJob: Printer<CronJob> = ({ metadata, spec, status = {} }, now) => [
  metadata.name,
  spec.schedule,
  spec.timeZone ?? none,
  spec.suspend === undefined ? unset : spec.suspend ? 'True' : 'False',
  status.active?.length ?? 0,
  status.lastScheduleTime ? age(status.lastScheduleTime, now) : none,
  age(metadata.creationTimestamp, now),
  ...templateCells(spec.jobTemplate.spec?.template),
  // an unset selector selects nothing, which prints as an empty one does
  formatSelector(spec.jobTemplate.spec?.selector),
];

export const controllerRevision: Printer<ControllerRevision> = ({ metadata, revision }, now) => {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const { group } = parseApiVersion(owner?.apiVersion ?? '');
  const kind = [owner?.kind, group].filter(Boolean).join('.').toLowerCase();
  return [
    metadata.name,
    owner ? `${kind}/${owner.name}` : none,
    revision,
    age(metadata.creationTimestamp, now),
  ];
};

export const podDisruptionBudget: Printer<PodDisruptionBudget> = (object, now) => {
  const { metadata, spec, status } = object;
  return [
    metadata.name,
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    age(metadata.creationTimestamp, now),
  ];
};

export const scale: Printer<Scale> = ({ metadata, spec, status }, now) => [
  metadata.name,
  spec?.replicas ?? 0,
  status?.replicas ?? 0,
  age(metadata.creationTimestamp, now),
];
