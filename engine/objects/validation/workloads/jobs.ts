import type {
  CronJob,
  CronJobSpec,
  Job,
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../generated/batch-v1.generated.ts';
import type { PodSpec, PodTemplateSpec } from '../../generated/core-v1.generated.ts';
import { scheduleProblem } from '../../cron/cron-schedule.ts';
import { timeZoneProblem } from '../../cron/time-zone.ts';
import { goQuote } from '../../go-text.ts';
import { isDns1123Label, isQualifiedName } from '../../names.ts';
import { domainPrefixedPath } from '../domain-prefixed.ts';
import { JsonText } from '../field-error.ts';
import { asInternal } from '../internal.ts';
import { immutable, kindValidation } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import type { Place } from '../place.ts';
import { podTemplateSpec } from '../pod/pod.ts';
import { byteLength, each, enumOf, nonNegative, requiredEnum, Seen } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { workloadMeta, workloadMetaUpdate } from './apps.ts';
import { indexesTotal } from './job-indexes.ts';
import { jobStatusUpdate } from './job-status.ts';
import { selects, templateIsSelected } from './templates.ts';

/** Jobs and CronJobs. */

const mostParallelIndexed = 100_000;
const mostFailedIndexes = 100_000;
/** Above so many completions, parallelism and failures are limited further. */
const manyCompletions = 100_000;
const fewerIndexes = 10_000;

const isIndexed = ({ completionMode }: JobSpec) => completionMode === 'Indexed';

const numbers = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
] as const;

/** A Job's specification, as a Job or in a CronJob's template. */
function jobSpec(spec: JobSpec, at: Place): void {
  for (const field of numbers) nonNegative(spec[field], at.child(field));
  if (spec.maxFailedIndexes !== undefined) {
    nonNegative(spec.maxFailedIndexes, at.child('maxFailedIndexes'));
    if (spec.backoffLimitPerIndex === undefined) {
      at.child('backoffLimitPerIndex').required('when maxFailedIndexes is specified');
    }
  }
  if (spec.managedBy !== undefined) {
    domainPrefixedPath(spec.managedBy, at.child('managedBy'));
    if (byteLength(spec.managedBy) > 63) at.child('managedBy').tooLong(63);
  }
  completionMode(spec, at);
  failurePolicy(spec, at.child('podFailurePolicy'));
  successPolicy(spec, at.child('successPolicy'));
  const replacements = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (spec.podReplacementPolicy !== undefined) {
    enumOf(...replacements)(spec.podReplacementPolicy, at.child('podReplacementPolicy'));
  }
  podTemplateSpec(spec.template ?? {}, at.child('template'));
  restartPolicy(spec, at.child('template').child('spec').child('restartPolicy'));
}

function restartPolicy({ template, podFailurePolicy }: JobSpec, at: Place): void {
  const policy = template?.spec?.restartPolicy ?? '';
  if (policy === 'Always' || policy === '') {
    at.required('valid values: "OnFailure", "Never"');
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    at.notSupported(policy, ['OnFailure', 'Never']);
  } else if (podFailurePolicy && policy !== 'Never') {
    at.invalid(policy, 'only "Never" is supported when podFailurePolicy is specified');
  }
}

function completionMode(spec: JobSpec, at: Place): void {
  const { completionMode: mode, completions, parallelism = 0, maxFailedIndexes } = spec;
  const perIndex = spec.backoffLimitPerIndex;
  const failedAt = at.child('maxFailedIndexes');
  const parallelAt = at.child('parallelism');
  if (mode !== undefined) enumOf('NonIndexed', 'Indexed')(mode, at.child('completionMode'));
  if (mode === undefined || mode === 'NonIndexed') {
    const why = 'requires indexed completion mode';
    if (perIndex !== undefined) at.child('backoffLimitPerIndex').invalid(perIndex, why);
    if (maxFailedIndexes !== undefined) failedAt.invalid(maxFailedIndexes, why);
  }
  if (!isIndexed(spec)) return;
  if (completions === undefined) {
    at.child('completions').required('when completion mode is Indexed');
  }
  if (parallelism > mostParallelIndexed) {
    parallelAt.invalid(
      parallelism,
      `must be less than or equal to ${mostParallelIndexed} when completion mode is Indexed`,
    );
  }
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions) {
      failedAt.invalid(maxFailedIndexes, 'must be less than or equal to completions');
    }
    if (maxFailedIndexes > mostFailedIndexes) {
      failedAt.invalid(maxFailedIndexes, `must be less than or equal to ${mostFailedIndexes}`);
    }
  }
  if ((completions ?? 0) <= manyCompletions || perIndex === undefined) return;
  const limited = `must be less than or equal to ${fewerIndexes} when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) {
    failedAt.required(`must be specified when completions is above ${manyCompletions}`);
  }
  if (parallelism > fewerIndexes) parallelAt.invalid(parallelism, limited);
  if ((maxFailedIndexes ?? 0) > fewerIndexes) failedAt.invalid(maxFailedIndexes, limited);
}

const quotedList = (values: readonly string[]) =>
  `valid values: [${values.map(goQuote).join(' ')}]`;

/** One of the values, which Required lists, too. */
function listedEnum(value: string | undefined, at: Place, values: readonly string[]): void {
  if (!value) at.required(quotedList(values));
  else if (!values.includes(value)) at.notSupported(value, values);
}

const mostRules = 20;

function failurePolicy(spec: JobSpec, at: Place): void {
  const { podFailurePolicy: policy, template } = spec;
  if (!policy) return;
  const rules = policy.rules ?? [];
  const place = at.child('rules');
  if (rules.length > mostRules) place.tooMany(rules.length, mostRules);
  const { containers = [], initContainers = [] }: Partial<PodSpec> = template?.spec ?? {};
  const names = [...(containers ?? []), ...initContainers].map(({ name }) => name);
  each<PodFailurePolicyRule>((rule, item) => failureRule(rule, item, spec, names))(rules, place);
}

const failureActions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function failureRule(
  { action, onExitCodes: codes, onPodConditions: conditions = [] }: PodFailurePolicyRule,
  at: Place,
  spec: JobSpec,
  containers: readonly string[],
): void {
  if (action !== 'FailIndex') listedEnum(action, at.child('action'), failureActions);
  else if (spec.backoffLimitPerIndex === undefined) {
    at.child('action').invalid(action, 'requires the backoffLimitPerIndex to be set');
  }
  if (codes) exitCodes(codes, at.child('onExitCodes'), containers);
  const place = at.child('onPodConditions');
  if (conditions.length > mostRules) place.tooMany(conditions.length, mostRules);
  each<PodFailurePolicyOnPodConditionsPattern>(({ type, status }, item) => {
    item.child('type').invalidEach(type, isQualifiedName(type));
    listedEnum(status, item.child('status'), ['False', 'True', 'Unknown']);
  })(conditions, place);
  const given = Number(codes !== undefined) + Number(conditions.length > 0);
  if (given === 2) {
    at.invalid(undefined, 'specifying both OnExitCodes and OnPodConditions is not supported');
  } else if (given === 0) {
    at.invalid(undefined, 'specifying one of OnExitCodes and OnPodConditions is required');
  }
}

const mostExitCodes = 255;

function exitCodes(
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  at: Place,
  containers: readonly string[],
): void {
  const list = values ?? [];
  const place = at.child('values');
  listedEnum(operator, at.child('operator'), ['In', 'NotIn']);
  if (containerName !== undefined && !containers.includes(containerName)) {
    at.child('containerName').invalid(
      containerName,
      'must be one of the container or initContainer names in the pod template',
    );
  }
  if (list.length === 0) place.invalid(values ?? null, 'at least one value is required');
  else if (list.length > mostExitCodes) place.tooMany(list.length, mostExitCodes);
  const seen = new Seen();
  for (const [index, code] of list.entries()) {
    if (operator === 'In' && code === 0) {
      place.index(index).invalid(0, 'must not be 0 for the In operator');
    }
    if (!seen.add(String(code))) place.index(index).duplicate(code);
  }
  if (list.some((code, index) => (list[index - 1] ?? code) > code)) {
    place.invalid(list, 'must be ordered');
  }
}

/** Bytes of a list of indexes. */
const longestIndexes = 64 * 1024;

function successPolicy(spec: JobSpec, at: Place): void {
  const { successPolicy: policy, completions = 0 } = spec;
  if (!policy) return;
  if (!isIndexed(spec)) {
    at.invalid(asInternal('SuccessPolicy', policy), 'requires indexed completion mode');
    return;
  }
  const place = at.child('rules');
  const rules = policy.rules ?? [];
  if (rules.length === 0) {
    place.required('at least one rules must be specified when the successPolicy is specified');
  }
  if (rules.length > mostRules) place.tooMany(rules.length, mostRules);
  each<SuccessPolicyRule>((rule, item) => successRule(rule, item, completions))(rules, place);
}

function successRule(rule: SuccessPolicyRule, at: Place, completions: number): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined) {
    at.required('at least one of succeededCount or succeededIndexes must be specified');
  }
  let total = 0;
  if (indexes !== undefined) {
    const place = at.child('succeededIndexes');
    if (byteLength(indexes) > longestIndexes) place.tooLong(longestIndexes);
    const read = indexesTotal(indexes, completions);
    if (typeof read === 'string') {
      place.invalid(indexes, `error parsing succeededIndexes: ${read}`);
    } else total = read;
  }
  if (count === undefined) return;
  const place = at.child('succeededCount');
  nonNegative(count, place);
  if (count > completions) {
    place.invalid(
      count,
      `must be less than or equal to ${completions} (the number of specified completions)`,
    );
  }
  if (indexes !== undefined && count > total) {
    place.invalid(
      count,
      `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
    );
  }
}

function selected(spec: JobSpec, at: Place): void {
  jobSpec(spec, at);
  if (!spec.selector) at.child('selector').required();
  labelSelector(spec.selector, at.child('selector'));
  templateIsSelected(spec.selector, spec.template ?? {}, at.child('template'));
}

const ownLabels = ['controller-uid', 'job-name'] as const;

/** A selector that was made for the Job: it and the template name the Job and its uid. */
function generatedSelector({ metadata, spec }: Job, at: Place): void {
  if (!spec || spec.manualSelector || !spec.selector) return;
  const { uid = '', name = '' } = metadata;
  if (uid === '') at.child('metadata').child('uid').required();
  const labels = spec.template?.metadata?.labels ?? {};
  const place = at.child('spec').child('template').child('metadata').child('labels');
  const expected: Record<string, string> = {};
  for (const prefix of ['', 'batch.kubernetes.io/']) {
    for (const label of ownLabels) {
      const key = prefix + label;
      const value = label === 'job-name' ? name : uid;
      expected[key] = value;
      if (labels[key] === undefined) place.key(key).required(`must be '${value}'`);
      else if (labels[key] !== value) place.key(key).invalid(labels, `must be '${value}'`);
    }
  }
  if (selects(spec.selector, expected) === false) {
    at.child('spec').child('selector').invalid(spec.selector, '`selector` not auto-generated');
  }
}

/** Pods of an indexed Job have host names with their index. */
function hostnamesFit({ metadata, spec }: Job, at: Place): void {
  if (!spec || !isIndexed(spec) || !spec.completions || spec.completions < 0) return;
  const hostname = `${metadata?.name ?? ''}-${spec.completions - 1}`;
  if (isDns1123Label(hostname).length === 0) return;
  at.child('metadata')
    .child('name')
    .invalid(
      metadata?.name ?? '',
      `will not able to create pod with invalid DNS label: ${hostname}`,
    );
}

const fixedFields = [
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;
const printedTypes: Readonly<Record<string, string>> = {
  podFailurePolicy: 'PodFailurePolicy',
  successPolicy: 'SuccessPolicy',
};

function jobUpdate(object: Job, old: Job, at: Place): void {
  const spec = object.spec ?? ({} as JobSpec);
  const oldSpec = old.spec ?? ({} as JobSpec);
  const place = at.child('spec');
  workloadMetaUpdate(object, old, at);
  selected(spec, place);
  completionsUpdate(spec, oldSpec, place.child('completions'));
  immutable(spec.selector, oldSpec.selector, place.child('selector'));
  templateUpdate(object, old, place);
  for (const field of fixedFields) {
    const value = spec[field];
    const type = printedTypes[field];
    const printed =
      typeof value === 'string' ? new JsonText(value) : type ? asInternal(type, value) : value;
    immutable(value, oldSpec[field], place.child(field), printed as typeof value);
  }
  hostnamesFit(object, at);
}

/** Elastic indexed Jobs grow and shrink with their parallelism. */
function completionsUpdate(spec: JobSpec, oldSpec: JobSpec, at: Place): void {
  const { completions, parallelism } = spec;
  if (!isIndexed(spec)) return immutable(completions, oldSpec.completions, at);
  if (completions === undefined || completions === oldSpec.completions) return;
  if (completions !== parallelism) {
    at.invalid(completions, 'can only be modified in tandem with spec.parallelism');
  }
}

/** Whether nothing of a Job runs: suspended, and said so by its controller once it had started. */
function isAtRest({ spec, status = {} }: Job): boolean {
  if (!spec?.suspend || status.active) return false;
  if (status.startTime === undefined) return true;
  return (status.conditions ?? []).some(
    (condition) => condition.type === 'Suspended' && condition.status === 'True',
  );
}

/** The template is fixed, but for scheduling and resources of a Job at rest. */
function templateUpdate(object: Job, old: Job, at: Place): void {
  const template: PodTemplateSpec = object.spec?.template ?? {};
  let before: PodTemplateSpec = old.spec?.template ?? {};
  if (isAtRest(old)) before = withScheduling(before, template);
  if (!old.spec?.suspend || !isAtRest(old)) {
    const printed = asInternal('PodTemplateSpec', template);
    immutable(template, before, at.child('template'), printed as PodTemplateSpec);
    return;
  }
  const spec = template.spec ?? { containers: [] };
  const oldSpec = withResources(before.spec ?? { containers: [] }, spec);
  immutable(spec, oldSpec, at.child('template.spec'), asInternal('PodSpec', spec) as PodSpec);
}

function withScheduling(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec ?? {};
  const { nodeAffinity: _, ...others } = old.spec?.affinity ?? {};
  const merged = {
    ...others,
    ...(affinity?.nodeAffinity ? { nodeAffinity: affinity.nodeAffinity } : {}),
  };
  return {
    ...old,
    metadata: {
      ...old.metadata,
      annotations: template.metadata?.annotations ?? {},
      labels: template.metadata?.labels ?? {},
    },
    spec: {
      ...old.spec,
      nodeSelector,
      tolerations,
      schedulingGates,
      affinity: affinity === undefined && sameValue(merged, {}) ? undefined : merged,
    } as unknown as PodSpec,
  };
}

function withResources(old: PodSpec, spec: PodSpec): PodSpec {
  let merged = old;
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list] ?? [];
    const before = old[list];
    if (before?.length !== containers.length) continue;
    merged = {
      ...merged,
      [list]: before.map((container, index) => {
        const { name, resources } = containers[index] ?? {};
        if (name !== container.name) return container;
        return resources === undefined ? container : { ...container, resources };
      }),
    };
  }
  return merged;
}

export const job = kindValidation<Job>({
  create: (object, at) => {
    workloadMeta(object, at);
    generatedSelector(object, at);
    selected(object.spec ?? ({} as JobSpec), at.child('spec'));
    hostnamesFit(object, at);
  },
  update: jobUpdate,
  subresources: {
    status: (object, old, at) => {
      workloadMetaUpdate(object, old, at);
      jobStatusUpdate(object, old, at.child('status'));
    },
  },
});

function cronJobSpec(spec: CronJobSpec, old: CronJobSpec | undefined, at: Place): void {
  if (!spec.schedule) at.child('schedule').declared.required();
  else schedule(spec, old, at.child('schedule'));
  nonNegative(spec.startingDeadlineSeconds, at.child('startingDeadlineSeconds'));
  if (spec.timeZone !== old?.timeZone) timeZone(spec.timeZone, at.child('timeZone'));
  requiredEnum('Allow', 'Forbid', 'Replace')(spec.concurrencyPolicy, at.child('concurrencyPolicy'));
  const template = spec.jobTemplate?.spec ?? ({} as JobSpec);
  const templateAt = at.child('jobTemplate').child('spec');
  jobSpec(template, templateAt);
  if (template.selector) {
    templateAt.child('selector').invalid(template.selector, '`selector` will be auto-generated');
  }
  if (template.manualSelector) {
    templateAt.child('manualSelector').notSupported(true as unknown as string, ['nil', 'false']);
  }
  nonNegative(spec.successfulJobsHistoryLimit, at.child('successfulJobsHistoryLimit'));
  nonNegative(spec.failedJobsHistoryLimit, at.child('failedJobsHistoryLimit'));
}

function schedule(spec: CronJobSpec, old: CronJobSpec | undefined, at: Place): void {
  const { schedule: text } = spec;
  const problem = scheduleProblem(text);
  if (problem !== undefined) at.invalid(text, problem);
  if (!text.includes('TZ')) return;
  if (!old?.schedule.includes('TZ')) {
    at.invalid(text, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  } else if (spec.timeZone !== undefined) {
    at.invalid(text, 'cannot use both timeZone field and TZ or CRON_TZ in schedule');
  }
}

const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/;

function timeZone(name: string | undefined, at: Place): void {
  if (name === undefined) return;
  const printed = new JsonText(name);
  if (name === '') return at.invalid(printed, 'timeZone must be nil or non-empty string');
  const isBad = (part: string) =>
    part === '.' || part === '..' || part.startsWith('-') || !zonePart.test(part);
  if (name.split('/').some(isBad)) return at.invalid(printed, `unknown time zone ${name}`);
  if (name.toLowerCase() === 'local') {
    at.invalid(
      printed,
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    );
  }
  const problem = name === 'Local' ? undefined : timeZoneProblem(name);
  if (problem !== undefined) at.invalid(printed, problem);
}

/** Jobs are called after their CronJob, with ten digits more and a dash. */
const longestName = 52;

export const cronJob = kindValidation<CronJob>({
  create: (object, at) => {
    workloadMeta(object, at);
    cronJobSpec(object.spec ?? ({} as CronJobSpec), undefined, at.child('spec'));
    const name = object.metadata?.name ?? '';
    if (byteLength(name) > longestName) {
      at.child('metadata').child('name').invalid(name, 'must be no more than 52 characters');
    }
  },
  update: (object, old, at) => {
    workloadMetaUpdate(object, old, at);
    cronJobSpec(object.spec ?? ({} as CronJobSpec), old.spec, at.child('spec'));
  },
});
