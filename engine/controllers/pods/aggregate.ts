import { messageOf } from '../../base/message-of.ts';

/** Several failures as one, in the words of apimachinery's `Aggregate`; a single one as it is. */
export function aggregate(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0];
  const messages = [...new Set(errors.map(messageOf))];
  const text = messages.length === 1 ? messages.join('') : `[${messages.join(', ')}]`;
  return new AggregateError(errors, text);
}
