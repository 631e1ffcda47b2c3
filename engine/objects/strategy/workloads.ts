import type {
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from '../generated/apps-v1.generated.ts';
import type { CronJob, Job, JobSpec } from '../generated/batch-v1.generated.ts';
import type {
  PodTemplate,
  PodTemplateSpec,
  ReplicationController,
} from '../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import { Place } from '../validation/place.ts';
import { sameValue } from '../validation/same-value.ts';
import { jobWithoutDisabledFields, templateWithoutDisabledFields } from './disabled-fields.ts';
import { kindStrategy } from './kind-strategy.ts';
import { claimWarnings, templateWarnings } from './pod-warnings.ts';
import {
  keepSpec,
  keepStatus,
  nextGeneration,
  withField,
  withGeneration,
  withStatus,
} from './steps.ts';
import { withLabelsOfTemplate } from '../defaults/core.ts';
import { hostnameWarning } from './warnings.ts';

/** Controllers of Pods: status and generation are the server's, templates lose disabled fields. */

interface Workload {
  readonly metadata?: ObjectMeta;
  readonly spec?: { readonly template?: PodTemplateSpec };
  readonly status?: unknown;
}

function withTemplate<T extends Workload>(object: T): T {
  const template = templateWithoutDisabledFields(object.spec?.template);
  return template === object.spec?.template
    ? object
    : { ...object, spec: { ...object.spec, template } };
}

const created = <T extends Workload>(object: T, status: T['status'] = {}): T =>
  withTemplate(withGeneration(withStatus(object, status), 1));

const changed = <T extends Workload>(object: T, old: T): T =>
  nextGeneration(withTemplate(keepStatus(object, old)), old);

const templateAt = Place.root().child('spec').child('template');

/** Templates are looked at when something changed. */
const ofTemplate = ({ spec, metadata }: Workload, old: Workload | undefined): string[] =>
  old && old.metadata?.generation === metadata?.generation
    ? []
    : templateWarnings(spec?.template, templateAt);

const nameWarning = ({ metadata }: Workload, old: Workload | undefined) =>
  old ? [] : hostnameWarning(metadata?.name, 'Pod names and hostnames');

const simple = <T extends Workload>(status?: T['status']) => ({
  prepareForCreate: (object: T) => created(object, status),
  prepareForUpdate: changed<T>,
  subresources: { status: keepSpec<T> },
  warnings: (object: T, old: T | undefined) => [
    ...nameWarning(object, old),
    ...ofTemplate(object, old),
  ],
});

export const replicaSet = kindStrategy<ReplicaSet>(simple({ replicas: 0 }));
export const replicationController = kindStrategy<ReplicationController>(simple({ replicas: 0 }));

export const deployment = kindStrategy<Deployment>({
  ...simple(),
  prepareForUpdate: (object, old) => {
    const kept = withTemplate(keepStatus(object, old));
    const isSame =
      sameValue(kept.spec, old.spec) &&
      sameValue(kept.metadata?.annotations, old.metadata?.annotations);
    return nextGeneration(kept, old, isSame);
  },
  subresources: {
    status: (object, old) => {
      const labels = old.metadata?.labels;
      return {
        ...keepSpec(object, old),
        metadata: withField(object.metadata ?? {}, 'labels', labels),
      };
    },
  },
});

const negativeHistory =
  'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';

export const statefulSet = kindStrategy<StatefulSet>({
  ...simple({ replicas: 0, availableReplicas: 0 }),
  warnings: (object, old) => {
    const claims = Place.root().child('spec').child('volumeClaimTemplates');
    return [
      ...ofTemplate(object, old),
      ...(object.spec?.volumeClaimTemplates ?? []).flatMap(({ spec }, index) => {
        const place = old ? claims.index(index).child('Spec') : claims.index(index);
        return claimWarnings(spec?.resources, place.child('resources'));
      }),
      ...((object.spec?.revisionHistoryLimit ?? 0) < 0 ? [negativeHistory] : []),
    ];
  },
});

const noDaemons = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

/** Counts the templates a DaemonSet had; upstream keeps it for clients of a long gone version. */
const templateGeneration = 'deprecated.daemonset.template.generation';

function withTemplateGeneration(object: DaemonSet, generation: number): DaemonSet {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, [templateGeneration]: String(generation) };
  return { ...object, metadata: { ...metadata, annotations } };
}

const templateGenerationOf = ({ metadata }: DaemonSet) =>
  Number(metadata?.annotations?.[templateGeneration] ?? 0);

export const daemonSet = kindStrategy<DaemonSet>({
  ...simple(noDaemons),
  prepareForCreate: (object) =>
    withTemplateGeneration(created(object, noDaemons), Math.max(1, templateGenerationOf(object))),
  prepareForUpdate: (object, old) => {
    const next = changed(object, old);
    const isSame = sameValue(next.spec?.template, old.spec?.template);
    return withTemplateGeneration(next, templateGenerationOf(old) + (isSame ? 0 : 1));
  },
  warnings: ofTemplate,
});

/** Maps are in the order of their keys, as Go prints them. */
const sorted = (map: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(map).toSorted(([left], [right]) => (left < right ? -1 : 1)));

/** Jobs without a selector of their own select the Pods with their uid. */
function withSelector(job: Job): Job {
  const { spec, metadata } = job;
  if (!spec || spec.manualSelector) return job;
  const { uid = '', name = '' } = metadata;
  const { metadata: templateMeta = {} } = spec.template;
  const given: Record<string, string> = { ...templateMeta.labels };
  const own = 'batch.kubernetes.io/';
  given['job-name'] ??= name;
  given[`${own}job-name`] ??= name;
  given['controller-uid'] ??= uid;
  given[`${own}controller-uid`] ??= uid;
  const labels = sorted(given);
  const matchLabels = { ...spec.selector?.matchLabels };
  matchLabels[`${own}controller-uid`] ??= uid;
  return {
    ...job,
    spec: {
      ...spec,
      selector: { ...spec.selector, matchLabels: sorted(matchLabels) },
      template: { ...spec.template, metadata: { ...templateMeta, labels } },
    },
  };
}

/** A Job that counts each index and may not fail much cannot be sure to be done at its end. */
const mostIndexes = 100_000;
const mostParallel = 10_000;

function jobSpecWarnings(spec: JobSpec | undefined, at: Place): string[] {
  const { completions = 0, parallelism = 0, completionMode } = spec ?? {};
  const tooBig =
    completionMode === 'Indexed' && completions > mostIndexes && parallelism > mostParallel;
  return [
    ...(tooBig
      ? [
          `${at.path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...templateWarnings(spec?.template, at.child('template')),
  ];
}

const hasChanged = (object: Workload, old: Workload | undefined) =>
  !old || old.metadata?.generation !== object.metadata?.generation;

export const job = kindStrategy<Job>({
  ...simple(),
  prepareForCreate: (object) => {
    const { spec } = object;
    const kept = spec ? { ...object, spec: jobWithoutDisabledFields(spec) } : object;
    return created(withLabelsOfTemplate(withSelector(kept)));
  },
  prepareForUpdate: (object, old) => {
    const { spec } = object;
    return changed(spec ? { ...object, spec: jobWithoutDisabledFields(spec) } : object, old);
  },
  warnings: (object, old) => [
    ...nameWarning(object, old),
    ...(hasChanged(object, old) ? jobSpecWarnings(object.spec, Place.root().child('spec')) : []),
  ],
});

function withJobTemplate(cronJob: CronJob): CronJob {
  const { spec } = cronJob;
  const jobSpec = spec?.jobTemplate.spec;
  if (!spec || !jobSpec) return cronJob;
  const kept = jobWithoutDisabledFields(jobSpec);
  if (kept === jobSpec) return cronJob;
  return { ...cronJob, spec: { ...spec, jobTemplate: { ...spec.jobTemplate, spec: kept } } };
}

export const cronJob = kindStrategy<CronJob>({
  prepareForCreate: (object) => withJobTemplate(withGeneration(withStatus(object, {}), 1)),
  prepareForUpdate: (object, old) => nextGeneration(withJobTemplate(keepStatus(object, old)), old),
  subresources: { status: keepSpec },
  warnings: (object, old) => {
    const at = Place.root().child('spec').child('jobTemplate').child('spec');
    const changedNow = !old || old.metadata?.generation !== object.metadata?.generation;
    const zoneInSchedule =
      'cannot use TZ or CRON_TZ in spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
    return [
      ...(old ? [] : hostnameWarning(object.metadata?.name, 'Pod names and hostnames')),
      ...(changedNow ? jobSpecWarnings(object.spec?.jobTemplate.spec, at) : []),
      ...(old && object.spec?.schedule.includes('TZ') ? [zoneInSchedule] : []),
    ];
  },
});

export const podTemplate = kindStrategy<PodTemplate>({
  prepareForCreate: (object) =>
    withGeneration(
      withField(object, 'template', templateWithoutDisabledFields(object.template)),
      1,
    ),
  prepareForUpdate: (object, old) => {
    const template = templateWithoutDisabledFields(object.template);
    return nextGeneration(
      withField(object, 'template', template),
      old,
      sameValue(template, old.template),
    );
  },
  warnings: (object, old) =>
    hasChanged(object as Workload, old as Workload | undefined)
      ? templateWarnings(object.template, Place.root().child('template'))
      : [],
});
