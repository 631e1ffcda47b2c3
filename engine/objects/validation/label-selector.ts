import type { LabelSelector, LabelSelectorRequirement } from '../generated/meta-v1.generated.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import type { Place } from './place.ts';
import { each, fields, optional, valid, type Rule } from './rules.ts';

/** Label keys and values as a map; upstream reports both at the map. */
export function labels(map: Readonly<Record<string, string>> = {}, at: Place): void {
  for (const [key, value] of Object.entries(map)) {
    at.invalidEach(key, isQualifiedName(key));
    at.invalidEach(value, isLabelValue(value));
  }
}

/** The name of a label. */
export const labelName = valid(isQualifiedName);

const requirement: Rule<LabelSelectorRequirement> = ({ key, operator, values = [] }, at) => {
  const place = at.child('values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      place.required("must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      place.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else {
    at.child('operator').invalid(operator ?? '', 'not a valid selector operator');
  }
  labelName(key, at.child('key'));
  each(valid(isLabelValue))(values, place);
};

/** A selector of labels; a missing one is fine. */
export const labelSelector = optional(
  fields<LabelSelector>({ matchLabels: labels, matchExpressions: each(requirement) }),
);
