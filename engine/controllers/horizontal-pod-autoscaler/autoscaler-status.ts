import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from '../../objects/generated/autoscaling-v2.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { formatTime } from '../../objects/time.ts';

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';

/** The status of an autoscaler while it is worked on. */
export class AutoscalerStatus {
  readonly #before: HorizontalPodAutoscalerStatus;
  readonly #generation: number;
  readonly #now: number;
  #conditions: readonly HorizontalPodAutoscalerCondition[];
  #status: HorizontalPodAutoscalerStatus;

  /** @param now UNIX milliseconds */
  constructor({ status, metadata }: HorizontalPodAutoscaler, now: number) {
    this.#before = status ?? { desiredReplicas: 0 };
    this.#generation = metadata.generation ?? 0;
    this.#now = now;
    this.#conditions = this.#before.conditions ?? [];
    this.#status = this.#before;
  }

  setCondition(type: ConditionType, holds: boolean, reason: string, message: string): void {
    const status = holds ? 'True' : 'False';
    const known = this.#conditions.find((condition) => condition.type === type);
    const time = known?.status === status ? known.lastTransitionTime : formatTime(this.#now);
    const condition: HorizontalPodAutoscalerCondition = {
      ...known,
      type,
      status,
      reason,
      message,
      ...(time === undefined ? {} : { lastTransitionTime: time }),
    };
    this.#conditions =
      known === undefined
        ? [...this.#conditions, condition]
        : this.#conditions.map((each) => (each === known ? condition : each));
  }

  holds(type: ConditionType): boolean {
    return this.#conditions.some(
      (condition) => condition.type === type && condition.status === 'True',
    );
  }

  /** @param desired what was wanted before when absent */
  setReplicas(
    current: number,
    metrics: readonly MetricStatus[],
    desired = this.#before.desiredReplicas,
    isRescaled = false,
  ): void {
    const lastScaleTime = isRescaled ? formatTime(this.#now) : this.#before.lastScaleTime;
    this.#status = {
      observedGeneration: this.#generation,
      currentReplicas: current,
      desiredReplicas: desired,
      currentMetrics: metrics,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    };
  }

  /** Undefined when it says the same as before. */
  get changed(): HorizontalPodAutoscalerStatus | undefined {
    const status = { ...this.#status, conditions: this.#conditions };
    return jsonEqual(canonical(status), canonical(this.#before)) ? undefined : status;
  }
}

/** Without what means nothing. */
function canonical(status: HorizontalPodAutoscalerStatus): object {
  const { currentReplicas = 0, currentMetrics, conditions, ...rest } = status;
  return {
    ...rest,
    currentReplicas,
    currentMetrics: currentMetrics ?? [],
    conditions: conditions ?? [],
  };
}
