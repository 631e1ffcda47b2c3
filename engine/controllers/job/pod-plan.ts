import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { byActivity } from '../pods/deletion-order.ts';
import { isPodTerminating } from '../pods/pod-state.ts';
import { isIndexed, replacesOnlyFailed, validIndex } from './job-pods.ts';
import { indexesOf, type IndexView, type JobView } from './job-view.ts';
import { remainingBackoff, remainingIndexBackoff, type FailureRecord } from './pod-backoff.ts';

/** Pods that are created or deleted in one go at most. */
const MOST_AT_ONCE = 500;

/** What is to happen to a Job's Pods now. Never two of these at once. */
export interface PodPlan {
  readonly remove: readonly Stored<Pod>[];
  /** how many to create */
  readonly create: number;
  /** of those to create, for an Indexed Job */
  readonly indexes?: readonly number[];
  /** milliseconds after which some may be created; undefined when none waits */
  readonly wait?: number;
}

const NOTHING: PodPlan = { remove: [], create: 0 };

/**
 * Which Pods to delete or to create so that as many run as are wanted: `parallelism`, though no more than
 * successes are missing (upstream's `manageJob`). @param now UNIX milliseconds
 */
export function planPods(view: JobView, failures: FailureRecord, now: number): PodPlan {
  const { job, pods, active, succeeded, indexes } = view;
  const { spec } = job;
  const { parallelism = 1, completions, suspend } = spec;
  if (suspend === true) return { ...NOTHING, remove: podsToRemove(view, active.length) };
  const wanted =
    completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : Math.max(0, Math.min(completions - succeeded, parallelism));
  const remove = podsToRemove(view, Math.max(0, active.length - wanted)).slice(0, MOST_AT_ONCE);
  if (remove.length > 0) return { ...NOTHING, remove };
  const terminating = replacesOnlyFailed(spec) ? pods.filter(isPodTerminating) : [];
  const missing = Math.min(wanted - terminating.length - active.length, MOST_AT_ONCE);
  if (missing <= 0) return NOTHING;
  const perIndex = spec.backoffLimitPerIndex !== undefined;
  const wait = perIndex ? 0 : remainingBackoff(failures, now);
  if (wait > 0) return { ...NOTHING, wait };
  if (indexes === undefined) return { ...NOTHING, create: missing };
  const taken = indexesOf([...active, ...terminating], spec)
    .with(indexes.succeeded)
    .with(indexes.failed ?? indexes.succeeded);
  const pending = taken.missing(missing, completions ?? 0);
  return perIndex
    ? planIndexes(pending, indexes, now)
    : { ...NOTHING, create: pending.length, indexes: pending };
}

/** Each index backs off on its own. */
function planIndexes(pending: readonly number[], { delayed }: IndexView, now: number): PodPlan {
  const waits = pending.map((index) => remainingIndexBackoff(delayed.get(index), now));
  const ready = pending.filter((_index, position) => waits[position] === 0);
  if (ready.length > 0) return { ...NOTHING, create: ready.length, indexes: ready };
  return pending.length === 0 ? NOTHING : { ...NOTHING, wait: Math.min(...waits) };
}

/** At least so many, those that lose least first, and all that stand for no index or for one twice. */
function podsToRemove({ job, active }: JobView, atLeast: number): readonly Stored<Pod>[] {
  const { spec } = job;
  if (!isIndexed(spec)) return byActivity(active).slice(0, atLeast);
  const remove: Stored<Pod>[] = [];
  const left = new Map<number, Stored<Pod>>();
  for (const pod of byActivity(active)) {
    const index = validIndex(pod, spec);
    const other = index === undefined ? pod : left.get(index);
    if (other !== undefined) remove.push(other);
    if (index !== undefined) left.set(index, pod);
  }
  const more = Math.max(0, atLeast - remove.length);
  return [...remove, ...byActivity([...left.values()]).slice(0, more)];
}
