import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
} from '../generated/autoscaling-v2.generated.ts';
import { isDns1123Label, isPathSegmentName } from '../names.ts';
import { Quantity } from '../quantity.ts';
import { JsonText } from './field-error.ts';
import { kindValidation } from './kind-validation.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from './metadata.ts';
import type { Place } from './place.ts';
import { containerResourceName, nonNegativeQuantity } from './resource-names.ts';
import { each, nonNegative, optional, positive, requiredName, type Rule } from './rules.ts';

function reference(given: CrossVersionObjectReference, at: Place, apiVersion: Rule<string>): void {
  requiredName(isPathSegmentName)(given.kind, at.child('kind'));
  requiredName(isPathSegmentName)(given.name, at.child('name'));
  apiVersion(given.apiVersion ?? '', at.child('apiVersion'));
}

const apiVersion =
  (needsGroup: boolean): Rule<string> =>
  (text, at) => {
    const parts = text === '/' ? [''] : text.split('/');
    if (parts.length > 2) at.invalid(text, `unexpected GroupVersion string: ${text}`);
    else if (needsGroup && (parts.length < 2 || parts[0] === '')) {
      at.invalid(text, 'apiVersion must specify API group');
    }
  };

const metricIdentifier: Rule<MetricIdentifier> = ({ name }, at) => {
  if (!name) at.child('name').required('must specify a metric name');
  else at.child('name').invalidEach(name, isPathSegmentName(name));
};

const positiveQuantity: Rule<string> = (text, at) => {
  if (Quantity.parse(text).sign() !== 1) at.invalid(new JsonText(text), 'must be positive');
};

const metricTarget: Rule<MetricTarget> = ({ type, ...target }, at) => {
  if (!type) at.child('type').required('must specify a metric target type');
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    at.child('type').invalid(type, 'must be either Utilization, Value, or AverageValue');
  }
  optional(positiveQuantity)(target.value, at.child('value'));
  optional(positiveQuantity)(target.averageValue, at.child('averageValue'));
  const { averageUtilization = 1 } = target;
  if (averageUtilization < 1) {
    at.child('averageUtilization').invalid(averageUtilization, 'must be greater than 0');
  }
};

/** A source with a target; `needs` says what the target has to have. */
function source<T>(
  rules: Rule<T>,
  needs: (target: MetricTarget, at: Place) => void,
): Rule<T & { readonly target: MetricTarget }> {
  return (given, at) => {
    rules(given, at);
    metricTarget(given.target, at.child('target'));
    needs(given.target, at.child('target'));
  };
}

const metric: Rule<{ readonly metric: MetricIdentifier }> = (given, at) =>
  metricIdentifier(given.metric, at.child('metric'));

function rawOrUtilization({ averageUtilization, averageValue }: MetricTarget, at: Place): void {
  if (averageUtilization === undefined && averageValue === undefined) {
    at.child('averageUtilization').required(
      'must set either a target raw value or a target utilization',
    );
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    at.child('averageValue').forbidden(
      'may not set both a target raw value and a target utilization',
    );
  }
}

const hasResourceName: Rule<{ readonly name: string }> = ({ name }, at) => {
  if (!name) at.child('name').required('must specify a resource name');
};

/** In the order in which upstream looks for them. */
const sources: {
  [Name in Exclude<keyof MetricSpec, 'type'>]-?: Rule<NonNullable<MetricSpec[Name]>>;
} = {
  object: source<ObjectMetricSource>(
    (given, at) => {
      reference(given.describedObject, at.child('describedObject'), apiVersion(false));
      metric(given, at);
    },
    ({ value, averageValue }, at) => {
      if (value === undefined && averageValue === undefined) {
        at.child('averageValue').required('must set either a target value or averageValue');
      }
    },
  ),
  external: source(metric, ({ value, averageValue }, at) => {
    if (value === undefined && averageValue === undefined) {
      at.child('averageValue').required(
        'must set either a target value for metric or a per-pod target',
      );
    }
    if (value !== undefined && averageValue !== undefined) {
      at.child('value').forbidden(
        'may not set both a target value for metric and a per-pod target',
      );
    }
  }),
  pods: source(metric, ({ averageValue }, at) => {
    if (averageValue === undefined) {
      at.child('averageValue').required('must specify a positive target averageValue');
    }
  }),
  resource: source(hasResourceName, rawOrUtilization),
  containerResource: source<ContainerResourceMetricSource>((given, at) => {
    hasResourceName(given, at);
    if (given.name) containerResourceName(given.name, at.child('name'));
    const place = at.child('container');
    if (given.container) place.invalidEach(given.container, isDns1123Label(given.container));
    else place.required('must specify a container');
  }, rawOrUtilization),
};

const sourceOf: Readonly<Record<string, keyof typeof sources>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

const metricSpec: Rule<MetricSpec> = (spec, at) => {
  const { type } = spec;
  if (!type) at.child('type').required('must specify a metric source type');
  const expected = sourceOf[type];
  if (!expected) at.child('type').notSupported(type, Object.keys(sourceOf));
  const present = Object.entries(sources).filter(
    ([name]) => spec[name as keyof typeof sources] !== undefined,
  );
  const [first] = present;
  if (first) {
    const [name, rule] = first as [keyof typeof sources, Rule<unknown>];
    rule(spec[name], at.child(name));
  }
  if (expected && spec[expected] === undefined) {
    at.child(expected).required('must populate information for the given metric source');
  }
  if (present.length === 1) return;
  for (const [name] of present) {
    if (name !== expected) at.child(name).forbidden('must populate the given metric source only');
  }
};

const longestPeriod = 1800;
const longestWindow = 3600;

const scalingPolicy: Rule<HPAScalingPolicy> = ({ type, value, periodSeconds }, at) => {
  if (type !== 'Pods' && type !== 'Percent') {
    at.child('type').notSupported(type, ['Percent', 'Pods']);
  }
  positive(value, at.child('value'));
  positive(periodSeconds, at.child('periodSeconds'));
  if (periodSeconds > longestPeriod) {
    at.child('periodSeconds').invalid(
      periodSeconds,
      `must be less than or equal to ${longestPeriod}`,
    );
  }
};

const scalingRules = optional<HPAScalingRules>((rules, at) => {
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies, tolerance } = rules;
  const windowAt = at.child('stabilizationWindowSeconds');
  if (window < 0) windowAt.invalid(window, 'must be greater than or equal to zero');
  if (window > longestWindow) {
    windowAt.invalid(window, `must be less than or equal to ${longestWindow}`);
  }
  const known = ['Disabled', 'Max', 'Min'];
  if (selectPolicy !== undefined && !known.includes(selectPolicy)) {
    at.child('selectPolicy').notSupported(new JsonText(selectPolicy), known);
  }
  const place = at.child('policies');
  if (!policies?.length) place.required('must specify at least one Policy');
  each(scalingPolicy)(policies, place);
  optional(nonNegativeQuantity)(tolerance, at.child('tolerance'));
});

function autoscalerSpec(
  spec: HorizontalPodAutoscalerSpec,
  at: Place,
  old?: HorizontalPodAutoscalerSpec,
): void {
  const { minReplicas, maxReplicas, scaleTargetRef: target, metrics, behavior } = spec;
  if (minReplicas !== undefined) atLeast(minReplicas, at.child('minReplicas').declared, 0);
  const maxAt = at.child('maxReplicas');
  if (maxReplicas === 0) maxAt.declared.required();
  else atLeast(maxReplicas, maxAt.declared, 1);
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    maxAt.invalid(maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  const before = old?.scaleTargetRef;
  const isKnown = before?.apiVersion === target.apiVersion && before?.kind === target.kind;
  const versionRule = isKnown ? () => {} : apiVersion(target.kind !== 'ReplicationController');
  reference(target, at.child('scaleTargetRef'), versionRule);
  each(metricSpec)(metrics, at.child('metrics'));
  const elsewhere = metrics?.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !elsewhere) {
    at.child('metrics').forbidden(
      'must specify at least one Object or External metric to support scaling to zero replicas',
    );
  }
  scalingRules(behavior?.scaleUp, at.child('behavior').child('scaleUp'));
  scalingRules(behavior?.scaleDown, at.child('behavior').child('scaleDown'));
}

function atLeast(value: number, at: Place, least: number): void {
  if (value < least) at.invalid(value, `must be greater than or equal to ${least}`);
}

export const horizontalPodAutoscaler = kindValidation<HorizontalPodAutoscaler>({
  create: ({ metadata, spec }, at) => {
    objectMeta(metadata, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
    autoscalerSpec(spec, at.child('spec'));
  },
  update: ({ metadata, spec }, old, at) => {
    objectMetaUpdate(metadata, old.metadata, at.child('metadata'));
    autoscalerSpec(spec, at.child('spec'), old.spec);
  },
  subresources: {
    status: ({ metadata, status }, old, at) => {
      objectMetaUpdate(metadata, old.metadata, at.child('metadata'));
      const place = at.child('status');
      each<{ readonly observedGeneration?: number }>(({ observedGeneration }, item) =>
        nonNegative(observedGeneration, item.child('observedGeneration')),
      )(status?.conditions, place.child('conditions'));
      nonNegative(status?.currentReplicas, place.child('currentReplicas'));
      nonNegative(status?.desiredReplicas, place.child('desiredReplicas'));
    },
  },
});
