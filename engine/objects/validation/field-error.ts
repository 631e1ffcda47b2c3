import { goJson, goQuote } from '../go-text.ts';
import { invalid, type Qualified, type StatusError } from '../status/status-error.ts';

/**
 * Kinds of failure at a field, under the names clients find in the causes of a `Status`
 * (apimachinery `field.ErrorType`), with the words a message begins with.
 */
const words = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooShort: 'Too short',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueNotFound: 'Not found',
  InternalError: 'Internal error',
} as const;

export type FieldErrorType = keyof typeof words;

const withoutValue: ReadonlySet<FieldErrorType> = new Set([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'FieldValueTooShort',
  'InternalError',
]);

/** A text that messages print as JSON does, not as Go's `%q`: upstream has it behind a pointer. */
export class JsonText {
  constructor(private readonly text: string) {}

  toJSON(): string {
    return this.text;
  }
}

/** One thing wrong with one field. Prints as apimachinery's `field.Error` does. */
export class FieldError {
  constructor(
    readonly type: FieldErrorType,
    /** Path of the field, as in `spec.containers[0].name`. */
    readonly field: string,
    /** What was found there; `undefined` is left out of the text. */
    readonly value: unknown,
    readonly detail: string,
  ) {}

  /** The message without the field's path, as in the causes of a `Status`. */
  get body(): string {
    const found =
      withoutValue.has(this.type) || this.value === undefined ? '' : `: ${describe(this.value)}`;
    const detail = this.detail === '' ? '' : `: ${this.detail}`;
    return `${words[this.type]}${found}${detail}`;
  }

  toString(): string {
    return `${this.field}: ${this.body}`;
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? goQuote(value) : goJson(value);
}

/** The errors as one text: each once, in brackets when there are several (apimachinery's `Aggregate`). */
export function describeErrors(errors: readonly FieldError[]): string {
  const messages = [...new Set(errors.map(String))];
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
}

/** The error with which upstream refuses an object (`errors.NewInvalid`). */
export function invalidObject(
  kind: Qualified,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const causes = errors.map(({ type, body, field }) => ({ reason: type, message: body, field }));
  return invalid(kind, name, causes, errors.length === 0 ? '' : describeErrors(errors));
}
