import { SelectorError } from './selector-error.ts';

/**
 * All terms must hold; none selects everything.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
export type FieldSelector = readonly FieldRequirement[];

export interface FieldRequirement {
  /** path of the field: `metadata.name` */
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** `fields` gives the text of each field a selector may name; a missing one is empty. */
export function matchesFields(
  selector: FieldSelector,
  fields: (field: string) => string | undefined,
): boolean {
  return selector.every(
    ({ field, operator, value }) => ((fields(field) ?? '') === value) === (operator === '='),
  );
}

/** The one value a selector asks of a field, if it does. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((term) => term.field === field && term.operator === '=')?.value;
}

/** Throws a `SelectorError` with upstream's message. Which fields exist is known to the resource alone. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = text.match(/(?:\\[^]|[^\\,]|\\$)+/g) ?? [];
  return terms.toSorted().map((term) => {
    const match = /^([^]*?)(!=|==|=)([^]*)$/.exec(term);
    if (match === null) {
      throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    const [, field = '', operator, value = ''] = match;
    return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) };
  });
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector
    .map(
      ({ field, operator, value }) => field + operator + value.replace(/[\\,=]/g, String.raw`\$&`),
    )
    .join(',');
}

function unescape(value: string): string {
  return value.replace(/\\([^]?)|[,=]/gu, (sequence, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw new SelectorError(
        `invalid field selector: unescaped character in value: ${sequence.codePointAt(0)}`,
      );
    }
    if (!['\\', ',', '='].includes(escaped)) {
      throw new SelectorError(`invalid field selector: invalid escape sequence: ${sequence}`);
    }
    return escaped;
  });
}
