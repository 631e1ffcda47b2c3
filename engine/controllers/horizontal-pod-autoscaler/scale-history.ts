import type { HPAScalingRules } from '../../objects/generated/autoscaling-v2.generated.ts';

/** Milliseconds, as kube-controller-manager's flag has them by default. */
const DOWNSCALE_STABILIZATION_MS = 5 * 60_000;
/** Without behaviour, one step goes to twice as many or to four. */
const UP_FACTOR = 2;
const UP_LEAST = 4;

interface Recommendation {
  readonly replicas: number;
  readonly at: number;
}

interface Change {
  /** not negative */
  readonly by: number;
  readonly at: number;
}

/** A number of replicas, and what is said of how it came about. */
export interface Limited {
  readonly replicas: number;
  readonly reason: string;
  readonly message: string;
}

export interface Range {
  readonly current: number;
  readonly least: number;
  readonly most: number;
}

/** What was recommended for one autoscaler and what it did, so that it does not go to and fro. */
export class ScaleHistory {
  readonly #recommendations: Recommendation[];
  readonly #ups: Change[] = [];
  readonly #downs: Change[] = [];

  /** @param replicas that were there when it was first looked at @param now UNIX milliseconds */
  constructor(replicas: number, now: number) {
    this.#recommendations = [{ replicas, at: now }];
  }

  /** The highest recommendation of the last minutes, this one included: for one without behaviour. */
  stabilize(desired: number, now: number): number {
    const cutoff = now - DOWNSCALE_STABILIZATION_MS;
    const recent = this.#recommendations.filter(({ at }) => at >= cutoff);
    put(this.#recommendations, { replicas: desired, at: now }, ({ at }) => at < cutoff);
    return Math.max(desired, ...recent.map(({ replicas }) => replicas));
  }

  /** The nearest to what there is that recommendations of both windows allow. */
  stabilizeBoth(
    desired: number,
    current: number,
    up: HPAScalingRules,
    down: HPAScalingRules,
    now: number,
  ): number {
    const since = (rules: HPAScalingRules, otherwise: number): number =>
      now - (rules.stabilizationWindowSeconds ?? otherwise) * 1000;
    const upCutoff = since(up, 0);
    const downCutoff = since(down, DOWNSCALE_STABILIZATION_MS / 1000);
    const after = (cutoff: number) =>
      this.#recommendations.filter(({ at }) => at > cutoff).map(({ replicas }) => replicas);
    const lowest = Math.min(desired, ...after(upCutoff));
    const highest = Math.max(desired, ...after(downCutoff));
    const isOld = ({ at }: Recommendation): boolean => at < upCutoff && at < downCutoff;
    put(this.#recommendations, { replicas: desired, at: now }, isOld);
    return Math.min(Math.max(current, lowest), highest);
  }

  /** Remembers a change, for as long as a policy of its direction looks back. */
  changed(from: number, to: number, rules: HPAScalingRules, now: number): void {
    const longest = Math.max(
      0,
      ...(rules.policies ?? []).map(({ periodSeconds }) => periodSeconds),
    );
    const cutoff = now - longest * 1000;
    const change = { by: Math.abs(to - from), at: now };
    put(to > from ? this.#ups : this.#downs, change, ({ at }) => at < cutoff);
  }

  /** As far towards `desired` as the policies let it go. */
  limit(
    desired: number,
    { current, least, most }: Range,
    up: HPAScalingRules,
    down: HPAScalingRules,
    now: number,
  ): Limited {
    if (desired > current) {
      const fastest = Math.max(current, this.#farthest(current, up, 'up', now));
      if (most > fastest && desired > fastest) return { replicas: fastest, ...tooFastUp };
      if (most <= fastest && desired > most) return { replicas: most, ...tooMany };
    } else if (desired < current) {
      const fastest = Math.min(current, this.#farthest(current, down, 'down', now));
      if (least < fastest && desired < fastest) return { replicas: fastest, ...tooFastDown };
      if (least >= fastest && desired < least) return { replicas: least, ...tooFew };
    }
    return { replicas: desired, ...inRange };
  }

  #farthest(
    current: number,
    { selectPolicy, policies = [] }: HPAScalingRules,
    direction: 'up' | 'down',
    now: number,
  ): number {
    if (selectPolicy === 'Disabled') return current;
    const proposals = policies.map(({ type, value, periodSeconds }) => {
      const start =
        current -
        changeSince(this.#ups, periodSeconds, now) +
        changeSince(this.#downs, periodSeconds, now);
      const share = value / 100;
      if (direction === 'up')
        return type === 'Pods' ? start + value : Math.ceil(start * (1 + share));
      return type === 'Pods' ? start - value : Math.trunc(start * (1 - share));
    });
    const goesFar = (selectPolicy !== 'Min') === (direction === 'up');
    return goesFar ? Math.max(...proposals) : Math.min(...proposals);
  }
}

/** In place of the last that is old, if there is one. */
function put<T>(list: T[], item: T, isOld: (item: T) => boolean): void {
  const place = list.findLastIndex(isOld);
  if (place === -1) list.push(item);
  else list[place] = item;
}

function changeSince(changes: readonly Change[], seconds: number, now: number): number {
  return changes.filter(({ at }) => at > now - seconds * 1000).reduce((sum, { by }) => sum + by, 0);
}

const inRange = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
};
const tooFew = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const tooMany = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const tooFastUp = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const tooFastDown = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** The limits of an autoscaler without behaviour. */
export function limitByDefault(desired: number, { current, least, most }: Range): Limited {
  const fastest = Math.max(UP_FACTOR * current, UP_LEAST);
  if (desired < least) return { replicas: least, ...tooFew };
  if (most > fastest && desired > fastest) return { replicas: fastest, ...tooFastUp };
  if (most <= fastest && desired > most) return { replicas: most, ...tooMany };
  return { replicas: desired, ...inRange };
}
