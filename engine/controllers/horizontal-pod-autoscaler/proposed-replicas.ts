import { messageOf } from '../../base/message-of.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import type { Scale } from '../../objects/generated/autoscaling-v1.generated.ts';
import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricStatus,
} from '../../objects/generated/autoscaling-v2.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import {
  matchesLabels,
  parseLabelSelector,
  type LabelSelector,
} from '../../objects/selectors/label-selector.ts';
import type { AutoscalerStatus } from './autoscaler-status.ts';
import { MetricError, proposalOf, type Proposal } from './metric-proposal.ts';
import type { MetricsClient } from './metrics-client.ts';
import type { Tolerances } from './replica-count.ts';
import type { Selectors } from './selectors.ts';

/** How far from its target usage may be, as kube-controller-manager's flag has it by default. */
const TOLERANCE = 0.1;

export interface ProposeOptions {
  readonly autoscaler: Stored<HorizontalPodAutoscaler>;
  readonly scale: Scale;
  readonly status: AutoscalerStatus;
  readonly pods: ObjectStore<Pod>;
  readonly selectors: Selectors;
  readonly metrics: MetricsClient;
  /** records an event */
  readonly warn: (reason: string, message: string) => void;
  /** UNIX milliseconds */
  readonly now: number;
}

/** What all metrics together say. */
export interface Proposed {
  /** undefined when nothing can be said */
  readonly replicas?: number;
  /** the one that says so, for people */
  readonly metric: string;
  readonly statuses: readonly MetricStatus[];
  /** a metric that says nothing; others may */
  readonly failure?: Error;
}

/** The most that any metric asks for. One that fails keeps the target from getting smaller. */
export async function proposeReplicas(options: ProposeOptions): Promise<Proposed> {
  const { autoscaler, scale, status, warn } = options;
  const { namespace = '' } = autoscaler.metadata;
  let pods: readonly Pod[];
  try {
    pods = selectPods(options);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(messageOf(error));
    return { metric: '', statuses: [], failure };
  }
  const specs = autoscaler.spec.metrics ?? [];
  const proposals: Proposal[] = [];
  const statuses: MetricStatus[] = [];
  const failures: MetricError[] = [];
  for (const spec of specs) {
    try {
      const proposal = await proposalOf(
        {
          client: options.metrics,
          autoscaler,
          namespace,
          selector: scale.status?.selector ?? '',
          pods,
          specReplicas: scale.spec.replicas ?? 0,
          statusReplicas: scale.status?.replicas ?? 0,
          tolerances: tolerancesOf(autoscaler),
          now: options.now,
        },
        spec,
      );
      proposals.push(proposal);
      statuses.push(proposal.status);
    } catch (error) {
      if (!(error instanceof MetricError)) throw error;
      warn(error.reason, error.why);
      failures.push(error);
      // Its place in the list stays, with nothing in it.
      statuses.push({ type: '' });
    }
  }
  const [first] = failures;
  const failure =
    first === undefined
      ? {}
      : {
          failure: new Error(
            `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.message}`,
            { cause: first },
          ),
        };
  const highest = proposals.reduce<Proposal | undefined>(
    (best, each) =>
      best === undefined || best.replicas === 0 || each.replicas > best.replicas ? each : best,
    undefined,
  );
  const replicas = highest?.replicas ?? 0;
  const isTooLittle =
    failures.length >= specs.length ||
    (failures.length > 0 && replicas < (scale.spec.replicas ?? 0));
  if (isTooLittle) {
    if (first !== undefined)
      status.setCondition(
        'ScalingActive',
        false,
        first.reason,
        `the HPA was unable to compute the replica count: ${first.why}`,
      );
    return { metric: '', statuses, ...failure };
  }
  const metric = highest?.metric ?? '';
  status.setCondition(
    'ScalingActive',
    true,
    'ValidMetricFound',
    `the HPA was able to successfully calculate a replica count from ${metric}`,
  );
  return { replicas, metric, statuses, ...failure };
}

/** The Pods of the target, of which no other autoscaler may have any. */
function selectPods({
  autoscaler,
  scale,
  status,
  pods,
  selectors,
  warn,
}: ProposeOptions): readonly Pod[] {
  const { namespace = '' } = autoscaler.metadata;
  const refuse = (event: string, reason: string, said: string, message = said): Error => {
    warn(event, said);
    status.setCondition('ScalingActive', false, reason, message);
    return new Error(said);
  };
  const text = scale.status?.selector ?? '';
  if (text === '')
    throw refuse(
      'SelectorRequired',
      'InvalidSelector',
      'selector is required',
      "the HPA target's scale is missing a selector",
    );
  let selector: LabelSelector;
  try {
    selector = parseLabelSelector(text);
  } catch (error) {
    const why = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`;
    throw refuse('InvalidSelector', 'InvalidSelector', why);
  }
  if (!selectors.set(autoscaler.metadata, selector))
    throw new Error(`HPA ${keyOf(autoscaler.metadata)} was deleted during reconciliation`);
  const selected = pods
    .list(namespace)
    .filter(({ metadata }) => matchesLabels(selector, metadata.labels));
  const sizing = selectors.sizing(namespace, selected).slice(0, 2);
  if (sizing.length > 1) {
    const why = `pods by selector ${text} are controlled by more than one HPA (e.g. [${sizing.join(' ')}])`;
    throw refuse('AmbiguousSelector', 'AmbiguousSelector', why);
  }
  return selected;
}

function tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
  const of = (rules: HPAScalingRules | undefined): number =>
    rules?.tolerance === undefined ? TOLERANCE : Quantity.parse(rules.tolerance).toNumber();
  return { down: of(spec.behavior?.scaleDown), up: of(spec.behavior?.scaleUp) };
}
