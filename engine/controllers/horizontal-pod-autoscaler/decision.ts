import type {
  HorizontalPodAutoscaler,
  MetricStatus,
} from '../../objects/generated/autoscaling-v2.generated.ts';
import type { AutoscalerStatus } from './autoscaler-status.ts';
import type { Proposed } from './proposed-replicas.ts';
import { limitByDefault, type Limited, type ScaleHistory } from './scale-history.ts';

export interface DecideOptions {
  readonly autoscaler: HorizontalPodAutoscaler;
  /** told of conditions */
  readonly status: AutoscalerStatus;
  /** that the target is to have now */
  readonly current: number;
  readonly history: ScaleHistory;
  /** UNIX milliseconds */
  readonly now: number;
  /** asks the metrics, where they matter */
  readonly propose: () => Promise<Proposed>;
}

export interface Decision {
  readonly current: number;
  readonly desired: number;
  readonly isRescaled: boolean;
  /** for people */
  readonly reason: string;
  readonly statuses: readonly MetricStatus[];
  /** the autoscaler itself leaves none, so it may begin again from none */
  readonly toZero: boolean;
  /** when it was done: later policies count it */
  readonly remember: () => void;
  /** one of the metrics failed, though others decided */
  readonly failure?: Error;
}

const BELOW_LEAST = 'Current number of replicas below Spec.MinReplicas';

/** How many replicas the target is to have (the middle of upstream's `reconcileAutoscaler`). */
export async function decide(options: DecideOptions): Promise<Decision> {
  const { autoscaler, status, current, history, now } = options;
  const { minReplicas: least = 1, maxReplicas: most, behavior, metrics = [] } = autoscaler.spec;
  const countsFromZero = metrics.some(({ type }) => type === 'Object' || type === 'External');
  const to = (desired: number, reason: string, proposed?: Proposed): Decision => ({
    current,
    desired,
    isRescaled: desired !== current,
    reason,
    statuses: proposed?.statuses ?? [],
    toZero: current > 0 && desired === 0 && least === 0 && countsFromZero,
    remember: () => {
      const { scaleUp = {}, scaleDown = {} } = behavior ?? {};
      if (behavior !== undefined)
        history.changed(current, desired, desired > current ? scaleUp : scaleDown, now);
    },
    ...(proposed?.failure === undefined ? {} : { failure: proposed.failure }),
  });
  const isOwnZero = current === 0 && status.holds('ScaledToZero');
  if (current === 0 && !(isOwnZero && (least !== 0 || countsFromZero))) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    status.setCondition('ScalingActive', false, 'ScalingDisabled', message);
    return to(0, '');
  }
  if (current > most) return to(most, 'Current number of replicas above Spec.MaxReplicas');
  if (current !== 0 && current < least) return to(least, BELOW_LEAST);
  const proposed = await options.propose();
  const wanted = Math.max(0, proposed.replicas ?? 0);
  const reason =
    wanted > current
      ? `${proposed.metric} above target`
      : wanted < current
        ? 'All metrics below target'
        : '';
  const desired = normalize(options, wanted, least);
  if (isOwnZero && least !== 0 && desired < least)
    return to(least, reason === '' ? BELOW_LEAST : reason, proposed);
  return to(desired, reason, proposed);
}

/** Stabilized by what was recommended before, then limited, with conditions that say so. */
function normalize(
  { autoscaler, status, current, history, now }: DecideOptions,
  wanted: number,
  least: number,
): number {
  const { maxReplicas: most, behavior } = autoscaler.spec;
  const { scaleUp = {}, scaleDown = {} } = behavior ?? {};
  const stable =
    behavior === undefined
      ? history.stabilize(wanted, now)
      : history.stabilizeBoth(wanted, current, scaleUp, scaleDown, now);
  if (stable === wanted)
    status.setCondition(
      'AbleToScale',
      true,
      'ReadyForNewScale',
      'recommended size matches current size',
    );
  else if (behavior !== undefined && wanted >= current)
    status.setCondition(
      'AbleToScale',
      true,
      'ScaleUpStabilized',
      'recent recommendations were lower than current one, applying the lowest recent recommendation',
    );
  else
    status.setCondition(
      'AbleToScale',
      true,
      'ScaleDownStabilized',
      'recent recommendations were higher than current one, applying the highest recent recommendation',
    );
  const range = { current, least, most };
  const limited: Limited =
    behavior === undefined
      ? limitByDefault(stable, range)
      : history.limit(stable, range, scaleUp, scaleDown, now);
  const { replicas, reason, message } = limited;
  status.setCondition('ScalingLimited', replicas !== stable, reason, message);
  return replicas;
}
