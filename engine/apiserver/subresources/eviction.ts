import { sleep } from '../../base/clock.ts';
import { withDisruptionAllowed } from '../../objects/disruption-budget.ts';
import type { PodCondition } from '../../objects/generated/core-v1.generated.ts';
import type { PodDisruptionBudgetStatus } from '../../objects/generated/policy-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { Action, ActionRequest } from '../handlers/action-handler.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import type { LabelSelector } from '../../objects/generated/meta-v1.generated.ts';
import {
  badRequest,
  customFailure,
  forbidden,
  notFound,
  StatusError,
  tooManyRequests,
} from '../../objects/status/status-error.ts';
import type { Status } from '../../objects/status/status.ts';
import { fieldAt, type ApiObject } from '../registry/api-object.ts';
import { deleteObject } from '../registry/delete.ts';
import { Lister } from '../registry/lister.ts';
import { preconditionsHold } from '../registry/preconditions.ts';
import {
  keyOf,
  served,
  type ServedResource,
  type StoredResource,
} from '../registry/served-resource.ts';
import { checkDeleteOptions, type DeleteOptions } from '../request/options.ts';
import type { StoredObject } from '../store/stored-object.ts';

/** Pods an eviction may be waiting for in one budget (`MaxDisruptedPodSize`). */
const MOST_DISRUPTED = 2000;
/** A Pod that changes while it is evicted is looked at again so often, so many milliseconds apart. */
const MOST_TRIES = 20;
const RETRY_MS = 500;
const CAUSE = 'DisruptionBudget';
const VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget.";

const success: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
};

function statusOf(budget: ApiObject): PodDisruptionBudgetStatus {
  return (budget['status'] ?? {}) as PodDisruptionBudgetStatus;
}

function conditionsOf(pod: ApiObject): readonly PodCondition[] {
  const conditions = fieldAt(pod, ['status', 'conditions']);
  return Array.isArray(conditions) ? (conditions as readonly PodCondition[]) : [];
}

function isReady(pod: ApiObject): boolean {
  return conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** It is on its way, or over. */
function isEnding(pod: ApiObject): boolean {
  const phase = fieldAt(pod, ['status', 'phase']);
  return (
    pod.metadata.deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed'
  );
}

/** Pods that do not run disturb nobody by going. */
function isFree(pod: ApiObject): boolean {
  return isEnding(pod) || fieldAt(pod, ['status', 'phase']) === 'Pending';
}

/** The Pod says why it goes. */
function withDisruption(pod: ApiObject, now: number): ApiObject {
  const type = 'DisruptionTarget';
  const conditions = conditionsOf(pod);
  const known = conditions.find((condition) => condition.type === type);
  const lastTransitionTime = known?.status === 'True' ? known.lastTransitionTime : undefined;
  const condition = {
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: lastTransitionTime ?? formatTime(now),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const next =
    known === undefined
      ? [...conditions, condition]
      : conditions.map((each) => (each === known ? condition : each));
  return { ...pod, status: { ...(pod['status'] as object | undefined), conditions: next } };
}

function because(error: StatusError, message: string): StatusError {
  return new StatusError({
    ...error.status,
    details: { ...error.status.details, causes: [{ reason: CAUSE, message }] },
  });
}

function stillProcessed(budget: string): StatusError {
  return because(
    tooManyRequests(VIOLATED, 10),
    `The disruption budget ${budget} is still being processed by the server.`,
  );
}

function whyNotNow(name: string, status: PodDisruptionBudgetStatus): string {
  const condition = status.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const { reason = '', message = '' } = condition ?? {};
  const { desiredHealthy = 0, currentHealthy = 0 } = status;
  if (condition?.status === 'False' && message !== '' && reason === 'SyncFailed')
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${message}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  if (condition?.status === 'False' && message !== '')
    return `The disruption budget ${name} does not allow evicting pods currently (${reason}): ${message}`;
  return `The disruption budget ${name} does not allow evicting pods currently`;
}

/** The budget with one disruption less. Errors: `TooManyRequests`, `Forbidden`. */
function spend(budget: ApiObject, pod: string, now: number): ApiObject {
  const { name = '', generation = 0 } = budget.metadata;
  const status = statusOf(budget);
  const { disruptionsAllowed = 0, disruptedPods = {} } = status;
  const resource = { group: 'policy', name: 'poddisruptionbudget' };
  if ((status.observedGeneration ?? 0) < generation) throw stillProcessed(name);
  const never = (why: string, detail: string): StatusError =>
    because(
      forbidden(resource, name, why),
      `The disruption budget ${name} does not allow evicting pods currently: ${detail}`,
    );
  if (disruptionsAllowed < 0)
    throw never('pdb disruptions allowed is negative', 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MOST_DISRUPTED)
    throw never(
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
      'too many pending evictions not confirmed by PDB controller',
    );
  if (disruptionsAllowed === 0)
    throw because(tooManyRequests(VIOLATED, 0), whyNotNow(name, status));
  const spent = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [pod]: formatTime(now) },
  };
  return {
    ...budget,
    status: disruptionsAllowed === 1 ? withDisruptionAllowed(spent, now) : spent,
  };
}

/** Only as long as it is as it was looked at, or as the client asked for. */
function sameVersion(options: DeleteOptions, { metadata }: ApiObject): DeleteOptions {
  const { resourceVersion = '' } = metadata;
  return { ...options, preconditions: { resourceVersion, ...options.preconditions } };
}

/** `pods/eviction`: a deletion that respects disruption budgets. */
export function evictionAction(
  body: ServedResource,
  pods: StoredResource,
  budgets: StoredResource,
): Action {
  const lister = new Lister(budgets);

  function budgetsOf(pod: ApiObject): readonly ApiObject[] {
    return lister.list(pod.metadata.namespace ?? '').filter((budget) => {
      const selector = fieldAt(budget, ['spec', 'selector']) as LabelSelector | undefined;
      return matchesLabels(labelSelectorOf(selector), pod.metadata.labels);
    });
  }

  /** False when the Pod is unready and may go without counting. */
  async function spendBudget(
    { services, options }: ActionRequest,
    pod: ApiObject,
    budget: ApiObject,
  ): Promise<boolean> {
    const { desiredHealthy = 0, currentHealthy = 0 } = statusOf(budget);
    if (!isReady(pod)) {
      const always = fieldAt(budget, ['spec', 'unhealthyPodEvictionPolicy']) === 'AlwaysAllow';
      if (always || (currentHealthy >= desiredHealthy && desiredHealthy > 0)) return false;
    }
    const name = pod.metadata.name ?? '';
    const now = services.clock.now();
    const next = (current: StoredObject | undefined): Promise<ApiObject> => {
      if (current === undefined)
        throw notFound(
          { group: 'policy', name: 'poddisruptionbudgets' },
          budget.metadata.name ?? '',
        );
      return Promise.resolve(spend(served(budgets, current), name, now));
    };
    const key = keyOf(budgets, budget.metadata.namespace ?? '', budget.metadata.name ?? '');
    if (options.dryRun) await next(await budgets.storage.get(key));
    else await budgets.storage.update(key, next);
    return true;
  }

  async function remove(
    { services, namespace, context, options }: ActionRequest,
    name: string,
    deleteOptions: DeleteOptions,
  ): Promise<void> {
    const { clock, random } = services;
    const dryRun = options.dryRun || deleteOptions.dryRun;
    let { preconditions } = deleteOptions;
    if (!dryRun) {
      const { revision } = await pods.storage.update(keyOf(pods, namespace, name), (current) => {
        if (current === undefined) throw notFound({ group: '', name: 'pods' }, name);
        preconditionsHold(pods, current.object, preconditions);
        return Promise.resolve(withDisruption(current.object, clock.now()));
      });
      if (preconditions?.resourceVersion !== undefined)
        preconditions = { ...preconditions, resourceVersion: String(revision) };
    }
    await deleteObject(
      pods,
      {
        clock,
        random,
        dryRun,
        validate: () => Promise.resolve(),
        user: context.user,
        warn: context.warn,
      },
      {
        namespace,
        name,
        options: { ...deleteOptions, ...(preconditions === undefined ? {} : { preconditions }) },
        admit: () => Promise.resolve(),
      },
    );
  }

  /** One that nobody protects, as long as it is so. Returns one that a budget may protect. */
  async function removeFree(
    request: ActionRequest,
    name: string,
    deleteOptions: DeleteOptions,
  ): Promise<ApiObject | undefined> {
    const anyVersion = deleteOptions.preconditions?.resourceVersion === undefined;
    for (let tries = 1; ; tries++) {
      const stored = await pods.storage.get(keyOf(pods, request.namespace, name));
      if (stored === undefined) throw notFound({ group: '', name: 'pods' }, name);
      const pod = served(pods, stored);
      if (!isFree(pod)) return pod;
      try {
        await remove(
          request,
          name,
          isEnding(pod) ? deleteOptions : sameVersion(deleteOptions, pod),
        );
        return undefined;
      } catch (error) {
        const again = anyVersion && error instanceof StatusError && error.reason === 'Conflict';
        if (!again || tries === MOST_TRIES) throw error;
        await sleep(request.services.clock, RETRY_MS);
      }
    }
  }

  return {
    body,
    async run(request, eviction) {
      const { name } = request;
      if (eviction.metadata.name !== name)
        throw badRequest('name in URL does not match name in Eviction object');
      const given = (eviction['deleteOptions'] ?? {}) as Parameters<typeof checkDeleteOptions>[0];
      const deleteOptions = checkDeleteOptions(given);
      await request.admit(eviction);
      const pod = await removeFree(request, name, deleteOptions);
      if (pod === undefined) return success;
      const [budget, ...more] = budgetsOf(pod);
      if (more.length > 0)
        return customFailure(
          500,
          '',
          'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
        ).status;
      if (budget === undefined || (await spendBudget(request, pod, budget))) {
        await remove(request, name, deleteOptions);
        return success;
      }
      try {
        await remove(request, name, sameVersion(deleteOptions, pod));
      } catch (error) {
        const anyVersion = deleteOptions.preconditions?.resourceVersion === undefined;
        const isConflict = error instanceof StatusError && error.reason === 'Conflict';
        // It may have become ready, which counts.
        throw anyVersion && isConflict ? stillProcessed(budget.metadata.name ?? '') : error;
      }
      return success;
    },
  };
}
