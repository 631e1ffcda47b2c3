import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { withBudgetCondition } from '../../objects/disruption-budget.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { LabelSelector } from '../../objects/generated/meta-v1.generated.ts';
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../objects/generated/policy-v1.generated.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import { formatTime } from '../../objects/time.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { OwnWrites } from '../own-writes.ts';
import { isPodTerminal, podCondition } from '../pods/pod-state.ts';
import { workOn } from '../work-loop.ts';
import { budgetStatus, countsOwners, disruptedPods } from './budget-status.ts';
import { OwnerScales } from './owner-scales.ts';

const WORKERS = 5;
/** Milliseconds after which a Pod that was to be disrupted, and was not, is told that it will not be. */
const STALE_MS = 120_000;

/** Says how many Pods of each PodDisruptionBudget may be evicted now (upstream's `disruption`). */
export class DisruptionController implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: ObjectStore<Pod>;
  readonly #owners: OwnerScales;
  readonly #writes = new OwnWrites();
  readonly #queue: WorkQueue;
  /** Pods with a condition `DisruptionTarget` that may be stale */
  readonly #stale: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, onError, informers } = context;
    this.#recorder = context.recorder('controllermanager');
    this.#queue = new WorkQueue({ clock, onError });
    this.#stale = new WorkQueue({ clock, onError });
    const budgets = informers.of(resources.podDisruptionBudgets);
    this.#budgets = budgets;
    this.#owners = new OwnerScales(client, informers);
    const add = ({ metadata }: Stored<PodDisruptionBudget>): void =>
      this.#queue.add(keyOf(metadata));
    budgets.addHandler({ onAdd: add, onUpdate: (_old, budget) => add(budget), onDelete: add });
    const pods = informers.of(resources.pods);
    this.#pods = pods.store;
    const see = (pod: Stored<Pod>): void => {
      this.#enqueueBudgetOf(pod);
      const wait = this.#untilStale(pod);
      if (wait !== undefined) this.#stale.addAfter(keyOf(pod.metadata), wait);
    };
    pods.addHandler({
      onAdd: see,
      onUpdate: (_old, pod) => see(pod),
      onDelete: (pod) => this.#enqueueBudgetOf(pod),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key)),
      workOn(this.#stale, 1, signal, (key) => this.#clearStale(key)),
    ]);
  }

  #enqueueBudgetOf(pod: Stored<Pod>): void {
    const { namespace = '', name, labels } = pod.metadata;
    const [budget, ...more] = this.#budgets.store
      .list(namespace)
      .filter(({ spec }) => matchesLabels(labelSelectorOf(spec.selector), labels));
    if (budget === undefined) return;
    const chosen = budget.metadata.name;
    if (more.length > 0) {
      const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${chosen}" arbitrarily.`;
      this.#recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', message);
    }
    this.#queue.add(keyOf(budget.metadata));
  }

  async #sync(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const budget = this.#budgets.store.getByKey(key);
    if (budget === undefined) {
      this.#writes.forget(key);
      return;
    }
    try {
      await this.#update(key, budget);
    } catch (error) {
      if (reasonOf(error) === 'Conflict') throw error;
      // Better to allow nothing than what is not known.
      const { status = {} } = budget;
      await this.#write(
        budget,
        withBudgetCondition(
          { ...status, disruptionsAllowed: 0 },
          'False',
          'SyncFailed',
          messageOf(error),
          this.#context.clock.now(),
        ),
      );
    }
  }

  async #update(key: string, budget: Stored<PodDisruptionBudget>): Promise<void> {
    const { metadata, spec } = budget;
    const selector = labelSelectorOf(spec.selector);
    const pods = this.#pods
      .list(metadata.namespace)
      .filter((pod) => matchesLabels(selector, pod.metadata.labels));
    if (pods.length === 0)
      this.#recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const expected = countsOwners(spec) ? await this.#expected(budget, pods) : pods.length;
    const now = this.#context.clock.now();
    const { waiting, late, recheck } = disruptedPods(budget, pods, now);
    for (const pod of late) {
      // The name of the namespace twice is what upstream says.
      const { namespace = '' } = metadata;
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
      this.#recorder.event(pod, 'Warning', 'NotDeleted', message);
    }
    const status = budgetStatus(budget, pods, expected, waiting, now);
    if (status !== undefined) await this.#write(budget, status);
    if (recheck !== undefined) this.#queue.addAfter(key, recheck);
  }

  async #expected(
    budget: Stored<PodDisruptionBudget>,
    pods: readonly Stored<Pod>[],
  ): Promise<number> {
    const { expected, unmanaged } = await this.#owners.expected(pods).catch((error: unknown) => {
      const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
      this.#recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
      throw error;
    });
    if (unmanaged.length > 0) {
      const message =
        `Pods selected by this PodDisruptionBudget (selector: ${goSelector(budget.spec.selector)}) were found ` +
        'to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
        'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
      this.#recorder.event(budget, 'Warning', 'UnmanagedPods', message);
    }
    return expected;
  }

  async #write(
    budget: Stored<PodDisruptionBudget>,
    status: PodDisruptionBudgetStatus,
  ): Promise<void> {
    const { client } = this.#context;
    const updated = { ...budget, status };
    const written = await client.update(resources.podDisruptionBudgets, updated, {
      subresource: 'status',
    });
    this.#writes.add(keyOf(budget.metadata), this.#budgets, written);
  }

  /** Milliseconds until it is clear that a Pod will not be disrupted; undefined when nobody said so. */
  #untilStale(pod: Stored<Pod>): number | undefined {
    if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
    const condition = podCondition(pod, 'DisruptionTarget');
    // A kubelet takes as long as it takes.
    if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet')
      return undefined;
    const since = Date.parse(condition.lastTransitionTime ?? '1970-01-01');
    return Math.max(0, since + STALE_MS - this.#context.clock.now());
  }

  async #clearStale(key: string): Promise<void> {
    const pod = this.#pods.getByKey(key);
    const wait = pod === undefined ? undefined : this.#untilStale(pod);
    if (pod === undefined || wait === undefined) return;
    if (wait > 0) {
      this.#stale.addAfter(key, wait);
      return;
    }
    const { client, clock } = this.#context;
    const { generation: observedGeneration = 0 } = pod.metadata;
    const cleared = {
      type: 'DisruptionTarget',
      status: 'False',
      observedGeneration,
      lastTransitionTime: formatTime(clock.now()),
    };
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === cleared.type ? cleared : condition,
    );
    const updated = { ...pod, status: { ...pod.status, conditions } };
    await client.update(resources.pods, updated, { subresource: 'status' });
  }
}

/** A selector as Go prints it. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string {
  const labels = Object.entries(matchLabels)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
