import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PreferredSchedulingTerm,
  Toleration,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from '../../generated/core-v1.generated.ts';
import type { LabelSelector } from '../../generated/meta-v1.generated.ts';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../names.ts';
import { labelName, labelSelector } from '../label-selector.ts';
import type { Place } from '../place.ts';
import {
  each,
  enumOf,
  fields,
  isEmpty,
  optional,
  optionalEnum,
  positive,
  valid,
  type Rule,
} from '../rules.ts';

/** Where a Pod may run: node selectors, affinity, tolerations, spreading. */

const requirement: Rule<NodeSelectorRequirement> = ({ key, operator, values = [] }, at) => {
  const place = at.child('values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        place.required("must be specified when `operator` is 'In' or 'NotIn'");
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        place.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        place.required("must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
      break;
    default:
      at.child('operator').invalid(operator ?? '', 'not a valid selector operator');
  }
  labelName(key, at.child('key'));
};

/** Only nodes' names can be selected by field. */
const fieldRequirement: Rule<NodeSelectorRequirement> = ({ key, operator, values = [] }, at) => {
  if (operator !== 'In' && operator !== 'NotIn') {
    at.child('operator').invalid(operator ?? '', 'not a valid selector operator');
  } else if (values.length !== 1) {
    at.child('values').required(
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    );
  }
  if (key !== 'metadata.name') at.child('key').invalid(key, 'not a valid field selector key');
  else each(valid(isDns1123Subdomain))(values, at.child('values'));
};

/** `values` of preferred terms are not looked at. */
const preferredTerm = fields<NodeSelectorTerm>({
  matchExpressions: each(requirement),
  matchFields: each(fieldRequirement),
});

const requiredTerm = fields<NodeSelectorTerm>({
  matchExpressions: each((value, at) => {
    requirement(value, at);
    each(valid(isLabelValue))(value.values, at.child('values'));
  }),
  matchFields: each(fieldRequirement),
});

export const nodeSelector: Rule<NodeSelector> = ({ nodeSelectorTerms: terms }, at) => {
  const place = at.child('nodeSelectorTerms');
  if (isEmpty(terms)) place.required('must have at least one node selector term');
  else each(requiredTerm)(terms, place);
};

const weight: Rule<number | undefined> = (value = 0, at) => {
  if (value <= 0 || value > 100) at.invalid(value, 'must be in the range 1-100');
};

const nodeAffinity = fields<NodeAffinity>({
  requiredDuringSchedulingIgnoredDuringExecution: optional(nodeSelector),
  preferredDuringSchedulingIgnoredDuringExecution: each(
    fields<PreferredSchedulingTerm>({ weight, preference: preferredTerm }),
  ),
});

function labelKeys(keys: readonly string[] = [], at: Place, selector?: LabelSelector): void {
  if (keys.length === 0) return;
  if (!selector) at.forbidden('must not be specified when labelSelector is not set');
  else each(labelName)(keys, at);
}

interface LabelKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly labelSelector?: LabelSelector;
}

/** Keys whose values come from the Pod's own labels: they may not contradict the selector. */
function matchLabelKeys(term: LabelKeys, at: Place): void {
  const {
    matchLabelKeys: match = [],
    mismatchLabelKeys: mismatch = [],
    labelSelector: selector,
  } = term;
  labelKeys(match, at.child('matchLabelKeys'), selector);
  labelKeys(mismatch, at.child('mismatchLabelKeys'), selector);
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const index = match.lastIndexOf(key);
    if (index >= 0 && selected.has(key)) {
      // Upstream reports the index at the term, not at the list of keys.
      at.index(index).invalid(key, 'exists in both matchLabelKeys and labelSelector');
    }
    selected.add(key);
  }
  for (const [index, key] of match.entries()) {
    if (mismatch.includes(key)) {
      at.child('matchLabelKeys')
        .index(index)
        .invalid(key, 'exists in both matchLabelKeys and mismatchLabelKeys');
    }
  }
}

const podAffinityTerm: Rule<PodAffinityTerm> = (term, at) => {
  labelSelector(term.labelSelector, at.child('labelSelector'));
  labelSelector(term.namespaceSelector, at.child('namespaceSelector'));
  for (const name of term.namespaces ?? []) {
    at.child('namespace').invalidEach(name, isDns1123Label(name));
  }
  matchLabelKeys(term, at);
  const key = at.child('topologyKey');
  if (!term.topologyKey) key.required('can not be empty');
  labelName(term.topologyKey, key);
};

const podAffinity = fields<PodAffinity>({
  requiredDuringSchedulingIgnoredDuringExecution: each(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: each(
    fields<WeightedPodAffinityTerm>({ weight, podAffinityTerm }),
  ),
});

export const affinity = fields<Affinity>({
  nodeAffinity: optional(nodeAffinity),
  podAffinity: optional(podAffinity),
  podAntiAffinity: optional(podAffinity),
});

export const taintEffect = enumOf('NoSchedule', 'PreferNoSchedule', 'NoExecute');

const toleration: Rule<Toleration> = (value, at) => {
  const { key, operator = '', effect = '', tolerationSeconds } = value;
  const place = at.child('operator');
  if (key) labelName(key, at.child('key'));
  else if (operator !== 'Exists') {
    place.invalid(
      operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    at.child('effect').invalid(
      effect,
      "effect must be 'NoExecute' when `tolerationSeconds` is set",
    );
  }
  tolerationValue(operator, value.value ?? '', place);
  if (effect) taintEffect(effect, at.child('effect'));
};

/** Upstream reports what is wrong with the value at the operator. */
function tolerationValue(operator: string, value: string, at: Place): void {
  if (operator === 'Equal' || operator === '') {
    const messages = isLabelValue(value);
    if (messages.length > 0) at.invalid(value, messages.join(';'));
  } else if (operator === 'Exists') {
    if (value) at.invalid(value, "value must be empty when `operator` is 'Exists'");
  } else if (operator === 'Lt' || operator === 'Gt') {
    at.notSupported(operator, ['Equal', 'Exists', 'Lt', 'Gt']);
  } else {
    at.notSupported(operator, ['Equal', 'Exists']);
  }
}

export const tolerations = each(toleration);

export const topologySpreadConstraints: Rule<readonly TopologySpreadConstraint[] | undefined> = (
  list = [],
  at,
) => {
  for (const [index, constraint] of list.entries()) {
    spreadConstraint(constraint, at.index(index), list.slice(index + 1));
  }
};

function spreadConstraint(
  constraint: TopologySpreadConstraint,
  at: Place,
  others: readonly TopologySpreadConstraint[],
): void {
  const { topologyKey, whenUnsatisfiable: action, minDomains } = constraint;
  positive(constraint.maxSkew, at.child('maxSkew'));
  if (!topologyKey) at.child('topologyKey').required('can not be empty');
  enumOf('DoNotSchedule', 'ScheduleAnyway')(action, at.child('whenUnsatisfiable'));
  if (
    others.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action)
  ) {
    at.child('{topologyKey, whenUnsatisfiable}').duplicate(`{${topologyKey}, ${action}}`);
  }
  if (minDomains !== undefined) {
    positive(minDomains, at.child('minDomains'));
    if (action !== 'DoNotSchedule') {
      at.child('minDomains').invalid(
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`,
      );
    }
  }
  const inclusion = optionalEnum('Honor', 'Ignore');
  inclusion(constraint.nodeAffinityPolicy, at.child('nodeAffinityPolicy'));
  inclusion(constraint.nodeTaintsPolicy, at.child('nodeTaintsPolicy'));
  matchLabelKeys(constraint, at);
  labelSelector(constraint.labelSelector, at.child('labelSelector'));
}

export const schedulingGates: Rule<readonly { name: string }[] | undefined> = (gates = [], at) => {
  const seen = new Set<string>();
  for (const [index, { name }] of gates.entries()) {
    at.index(index).invalidEach(name, isQualifiedName(name));
    if (seen.has(name)) at.index(index).duplicate(name);
    seen.add(name);
  }
};
