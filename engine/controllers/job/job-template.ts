import type { Stored } from '../../client/resource.ts';
import type { Job } from '../../objects/generated/batch-v1.generated.ts';
import type { Container, Pod, PodTemplateSpec } from '../../objects/generated/core-v1.generated.ts';
import {
  COMPLETION_INDEX,
  FAILURE_COUNT,
  failureCount,
  IGNORED_FAILURE_COUNT,
  ignoredFailureCount,
  TRACKING_FINALIZER,
} from './job-pods.ts';
import { judgeFailure } from './job-policies.ts';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
/** Characters of a generated name before its random part. */
const MOST_GENERATED = 58;

/** What a Job's Pods are made from: its template with the finalizer by which they are counted. */
export function trackedTemplate({ spec }: Job): PodTemplateSpec {
  const { metadata } = spec.template;
  const finalizers = new Set(metadata?.finalizers).add(TRACKING_FINALIZER);
  return { ...spec.template, metadata: { ...metadata, finalizers: [...finalizers] } };
}

/**
 * The template for one index of an Indexed Job: in annotation, label, host name and environment.
 * @param before the failed Pod that this one replaces, with `backoffLimitPerIndex`
 */
export function indexedTemplate(
  job: Stored<Job>,
  index: number,
  before: Stored<Pod> | undefined,
): PodTemplateSpec {
  const { metadata, spec } = trackedTemplate(job);
  const value = String(index);
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, [COMPLETION_INDEX]: value },
      annotations: {
        ...metadata?.annotations,
        [COMPLETION_INDEX]: value,
        ...(perIndex ? failureCounts(job, before) : {}),
      },
    },
    spec: {
      ...spec,
      containers: (spec?.containers ?? []).map(withIndex),
      ...(spec?.initContainers === undefined
        ? {}
        : { initContainers: spec.initContainers.map(withIndex) }),
      hostname: `${job.metadata.name}-${value}`,
    },
  };
}

/** `NAME-INDEX-`, with a shorter name if need be. */
export function indexedName(job: Stored<Job>, index: number): string {
  const suffix = `-${index}-`;
  return job.metadata.name.slice(0, MOST_GENERATED - suffix.length) + suffix;
}

function failureCounts({ spec }: Job, before: Stored<Pod> | undefined) {
  const counts = before !== undefined && judgeFailure(spec, before).counts;
  const ignored = before !== undefined && !counts;
  const counted = (before ? failureCount(before) : 0) + (counts ? 1 : 0);
  const notCounted = (before ? ignoredFailureCount(before) : 0) + (ignored ? 1 : 0);
  return {
    [FAILURE_COUNT]: String(counted),
    ...(notCounted > 0 ? { [IGNORED_FAILURE_COUNT]: String(notCounted) } : {}),
  };
}

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container;
  const fieldPath = `metadata.labels['${COMPLETION_INDEX}']`;
  return {
    ...container,
    env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef: { fieldPath } } }],
  };
}
