import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import type { RateLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { HorizontalPodAutoscaler } from '../../objects/generated/autoscaling-v2.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { OwnWrites } from '../own-writes.ts';
import { workOn } from '../work-loop.ts';
import { AutoscalerStatus } from './autoscaler-status.ts';
import { decide, type Decision } from './decision.ts';
import { MetricsClient } from './metrics-client.ts';
import { proposeReplicas, type Proposed } from './proposed-replicas.ts';
import { ResourceNames } from './resource-names.ts';
import { ScaleHistory } from './scale-history.ts';
import { getScale, updateScale, type ScaleTarget } from './scale-target.ts';
import { Selectors } from './selectors.ts';

const WORKERS = 5;
/** Milliseconds between two looks at an autoscaler, whatever happens. */
const PERIOD_MS = 15_000;

type Autoscaler = Stored<HorizontalPodAutoscaler>;

/** Everything comes again after the period, neither earlier nor later. */
const everyPeriod: RateLimiter = { when: () => PERIOD_MS, forget: () => {}, failures: () => 1 };

/** Sizes the targets of HorizontalPodAutoscalers by metrics (upstream's `podautoscaler`). */
export class HorizontalController implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #autoscalers: Informer<HorizontalPodAutoscaler>;
  readonly #pods: ObjectStore<Pod>;
  readonly #names: ResourceNames;
  readonly #metrics: MetricsClient;
  readonly #selectors = new Selectors();
  readonly #histories = new Map<string, ScaleHistory>();
  readonly #writes = new OwnWrites();
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, informers, onError } = context;
    this.#recorder = context.recorder('horizontal-pod-autoscaler');
    this.#queue = new WorkQueue({ clock, onError, limiter: everyPeriod });
    this.#pods = informers.of(resources.pods).store;
    this.#names = new ResourceNames(client);
    this.#metrics = new MetricsClient(client, this.#names);
    this.#autoscalers = informers.of(resources.horizontalPodAutoscalers);
    this.#autoscalers.addHandler({
      onAdd: (autoscaler) => this.#add(autoscaler),
      onUpdate: (old, autoscaler) => {
        // What it wants is other than before; its status alone has time.
        if (old.metadata.generation !== autoscaler.metadata.generation) this.#add(autoscaler);
        else this.#queue.addRateLimited(keyOf(autoscaler.metadata));
      },
      onDelete: ({ metadata }) => {
        this.#selectors.delete(metadata);
        this.#writes.forget(keyOf(metadata));
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  #add({ metadata }: Autoscaler): void {
    this.#selectors.add(metadata);
    this.#queue.add(keyOf(metadata));
  }

  async #sync(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const autoscaler = this.#autoscalers.store.getByKey(key);
    if (autoscaler === undefined) {
      this.#histories.delete(key);
      return;
    }
    // Comes back after the period, also when it fails.
    this.#queue.addRateLimited(key);
    const status = new AutoscalerStatus(autoscaler, this.#context.clock.now());
    try {
      await this.#reconcile(autoscaler, status);
    } finally {
      await this.#writeStatus(autoscaler, status);
    }
  }

  async #reconcile(autoscaler: Autoscaler, status: AutoscalerStatus): Promise<void> {
    const { client, clock } = this.#context;
    const { scaleTargetRef } = autoscaler.spec;
    const { namespace = '' } = autoscaler.metadata;
    const reference = `${scaleTargetRef.kind}/${namespace}/${scaleTargetRef.name}`;
    let target: ScaleTarget;
    try {
      target = await getScale(client, this.#names, namespace, scaleTargetRef);
    } catch (error) {
      const why = messageOf(error);
      this.#recorder.event(autoscaler, 'Warning', 'FailedGetScale', why);
      const message = `the HPA controller was unable to get the target's current scale: ${why}`;
      status.setCondition('AbleToScale', false, 'FailedGetScale', message);
      const what = `failed to query scale subresource for ${reference}`;
      throw new Error(`${what}: ${why}`, { cause: error });
    }
    status.setCondition(
      'AbleToScale',
      true,
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    );
    const current = target.scale.spec.replicas ?? 0;
    const key = keyOf(autoscaler.metadata);
    const now = clock.now();
    const history = this.#histories.get(key) ?? new ScaleHistory(current, now);
    this.#histories.set(key, history);
    const decision = await decide({
      autoscaler,
      status,
      current,
      history,
      now,
      propose: () => this.#propose(autoscaler, status, target, reference),
    });
    await this.#apply(autoscaler, status, target, decision, reference);
    if (decision.failure !== undefined) throw decision.failure;
  }

  async #propose(
    autoscaler: Autoscaler,
    status: AutoscalerStatus,
    { scale }: ScaleTarget,
    reference: string,
  ): Promise<Proposed> {
    const proposed = await proposeReplicas({
      autoscaler,
      scale,
      status,
      pods: this.#pods,
      selectors: this.#selectors,
      metrics: this.#metrics,
      warn: (reason, message) => this.#recorder.event(autoscaler, 'Warning', reason, message),
      now: this.#context.clock.now(),
    });
    if (proposed.replicas === undefined) {
      status.setReplicas(scale.spec.replicas ?? 0, proposed.statuses);
      const why = messageOf(proposed.failure);
      this.#recorder.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', why);
      throw new Error(
        `failed to compute desired number of replicas based on listed metrics for ${reference}: ${why}`,
        { cause: proposed.failure },
      );
    }
    return proposed;
  }

  async #apply(
    autoscaler: Autoscaler,
    status: AutoscalerStatus,
    target: ScaleTarget,
    { current, desired, isRescaled, reason, statuses, toZero, remember }: Decision,
    reference: string,
  ): Promise<void> {
    if (isRescaled) {
      try {
        await updateScale(this.#context.client, target, desired);
      } catch (error) {
        const why = messageOf(error);
        const text = `New size: ${desired}; reason: ${reason}; error: ${why}`;
        this.#recorder.event(autoscaler, 'Warning', 'FailedRescale', text);
        const message = `the HPA controller was unable to update the target scale: ${why}`;
        status.setCondition('AbleToScale', false, 'FailedUpdateScale', message);
        status.setReplicas(current, statuses);
        throw new Error(`failed to rescale ${reference}: ${why}`, { cause: error });
      }
      const message = `the HPA controller was able to update the target scale to ${desired}`;
      status.setCondition('AbleToScale', true, 'SucceededRescale', message);
      const text = `New size: ${desired}; reason: ${reason}`;
      this.#recorder.event(autoscaler, 'Normal', 'SuccessfulRescale', text);
      remember();
      if (toZero)
        status.setCondition(
          'ScaledToZero',
          true,
          'ScaledToZero',
          'the HPA controller scaled the workload to zero',
        );
      else
        status.setCondition(
          'ScaledToZero',
          false,
          'NotScaledToZero',
          'the HPA controller did not scale the workload to zero',
        );
    }
    status.setReplicas(current, statuses, isRescaled ? desired : current, isRescaled);
  }

  async #writeStatus(autoscaler: Autoscaler, status: AutoscalerStatus): Promise<void> {
    const { changed } = status;
    if (changed === undefined) return;
    try {
      const written = await this.#context.client.update(
        resources.horizontalPodAutoscalers,
        { ...autoscaler, status: changed },
        { subresource: 'status' },
      );
      this.#writes.add(keyOf(autoscaler.metadata), this.#autoscalers, written);
    } catch (error) {
      const why = messageOf(error);
      this.#recorder.event(autoscaler, 'Warning', 'FailedUpdateStatus', why);
      const what = `failed to update status for ${autoscaler.metadata.name}`;
      throw new Error(`${what}: ${why}`, { cause: error });
    }
  }
}
