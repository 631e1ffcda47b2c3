import type { IntOrString } from '../generated/util-intstr.generated.ts';
import { isPercent } from '../names.ts';
import { JsonText } from './field-error.ts';
import type { Place } from './place.ts';
import { nonNegative } from './rules.ts';

/** Numbers that may be said as a share, such as how many Pods may be unavailable. */

const printed = (value: IntOrString) => (typeof value === 'string' ? new JsonText(value) : value);

/** A percentage, or a number that is not negative. */
export function intOrPercent(value: IntOrString = 0, at: Place): void {
  if (typeof value === 'number') return nonNegative(value, at);
  for (const message of isPercent(value)) at.invalid(printed(value), message);
}

/** The number, or the number of percent; other texts are 0. */
export function amountOf(value: IntOrString = 0): number {
  return typeof value === 'number' ? value : Number.parseInt(value, 10) || 0;
}

export function atMost100Percent(value: IntOrString = 0, at: Place): void {
  if (typeof value === 'string' && isPercent(value).length === 0 && amountOf(value) > 100) {
    at.invalid(printed(value), 'must not be greater than 100%');
  }
}

/** `value` with a message of the caller's, printed as upstream prints it. */
export function invalidAmount(value: IntOrString = 0, at: Place, detail: string): void {
  at.invalid(printed(value), detail);
}
