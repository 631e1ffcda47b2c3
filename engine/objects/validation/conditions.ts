import type { Condition } from '../generated/meta-v1.generated.ts';
import { labelName } from './label-selector.ts';
import type { Place } from './place.ts';
import { byteLength, each, Seen } from './rules.ts';

/** Conditions of the common type (`metav1.Condition`). */

const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonRegExp = new RegExp(`^${reasonPattern}$`);
const longestReason = 1024;
const longestMessage = 32 * 1024;

function condition(given: Condition, at: Place): void {
  const { type, status, reason, message, observedGeneration = 0 } = given;
  if (type) labelName(type, at.child('type'));
  else at.child('type').required('is required');
  const statusAt = at.child('status');
  if (!status) statusAt.required();
  else if (!['False', 'True', 'Unknown'].includes(status)) {
    statusAt.notSupported(status, ['False', 'True', 'Unknown']);
  }
  if (observedGeneration < 0) {
    at.child('observedGeneration').invalid(
      observedGeneration,
      'must be greater than or equal to zero',
    );
  }
  if (!given.lastTransitionTime) at.child('lastTransitionTime').required();
  const reasonAt = at.child('reason');
  if (!reason) reasonAt.required();
  else {
    if (!reasonRegExp.test(reason)) {
      reasonAt.invalid(
        reason,
        `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonPattern}')`,
      );
    }
    if (byteLength(reason) > longestReason) reasonAt.tooLong(longestReason);
  }
  if (byteLength(message) > longestMessage) at.child('message').tooLong(longestMessage);
}

export function conditions(list: readonly Condition[] | undefined, at: Place): void {
  const types = new Seen();
  each<Condition>((given, place) => {
    if (!types.add(given.type)) place.duplicate(given.type);
    condition(given, place);
  })(list, at);
}
