import { goQuote } from '../go-text.ts';
import { FieldError, type FieldErrorType } from './field-error.ts';

/**
 * A place in the object under validation: rules step down with `child`, `index` and `key`, and
 * report what is wrong there. All places of one object report into one list, in the order in which
 * rules run; a path becomes text only when something is wrong.
 */
export class Place {
  private constructor(
    readonly errors: FieldError[],
    /** Errors that are told after all others. */
    readonly lateErrors: FieldError[],
    private readonly parent: Place | undefined,
    private readonly step: string,
  ) {}

  /** The object itself, or the field `name` of it; errors are added to `errors`. */
  static root(errors: FieldError[] = [], name = ''): Place {
    return new Place(errors, [], undefined, name);
  }

  child(name: string): Place {
    // The object itself has no name; its fields are roots of their own.
    if (this.step === '') return this.at(undefined, name);
    return this.at(this, name === '' ? '[]' : `.${name}`);
  }

  index(position: number): Place {
    return this.at(this, `[${position}]`);
  }

  /** An entry of a map. */
  key(key: string): Place {
    return this.at(this, `[${key}]`);
  }

  private at(parent: Place | undefined, step: string): Place {
    return new Place(this.errors, this.lateErrors, parent, step);
  }

  /** The same place for rules that upstream declares beside its types and looks at last. */
  get declared(): Place {
    return new Place(this.lateErrors, this.lateErrors, this.parent, this.step);
  }

  get path(): string {
    return this.parent === undefined ? this.step || '[]' : this.parent.path + this.step;
  }

  report(type: FieldErrorType, value: unknown, detail = ''): void {
    this.errors.push(new FieldError(type, this.path, value, detail));
  }

  required(detail = ''): void {
    this.report('FieldValueRequired', undefined, detail);
  }

  invalid(value: unknown, detail = ''): void {
    this.report('FieldValueInvalid', value, detail);
  }

  /** One Invalid for each message, as the checks of names return them. */
  invalidEach(value: unknown, messages: readonly string[]): void {
    for (const message of messages) this.invalid(value, message);
  }

  /** One Invalid for all messages, if there are any. */
  invalidJoined(value: unknown, messages: readonly string[], prefix = ''): void {
    if (messages.length > 0) this.invalid(value, prefix + messages.join(','));
  }

  forbidden(detail: string): void {
    this.report('FieldValueForbidden', undefined, detail);
  }

  duplicate(value: unknown): void {
    this.report('FieldValueDuplicate', value);
  }

  notFound(value: unknown): void {
    this.report('FieldValueNotFound', value);
  }

  /** `supported` is listed in the order given. */
  notSupported(value: unknown, supported: readonly string[]): void {
    const list = supported.map(goQuote).join(', ');
    this.report('FieldValueNotSupported', value, list === '' ? '' : `supported values: ${list}`);
  }

  tooLong(maximum: number, unit: 'byte' | 'character' = 'byte'): void {
    this.report(
      'FieldValueTooLong',
      undefined,
      `may not be more than ${maximum} ${unit}${maximum === 1 ? '' : 's'}`,
    );
  }

  tooMany(count: number, maximum: number): void {
    this.report(
      'FieldValueTooMany',
      count,
      `must have at most ${maximum} item${maximum === 1 ? '' : 's'}`,
    );
  }
}
