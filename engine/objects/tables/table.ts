import type { LabelSelector } from '../generated/meta-v1.generated.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import {
  formatLabelSelector,
  labelSelectorOf,
  selectorFromLabels,
} from '../selectors/label-selector.ts';
import { SelectorError } from '../selectors/selector-error.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, higher ones only in wide output */
  readonly priority: number;
}

export interface TableRow<Item = KubernetesObject> {
  readonly cells: readonly unknown[];
  /** what clients may leave out or grey: only Pods that have ended have one */
  readonly conditions?: readonly TableRowCondition[];
  readonly object: Item;
}

export interface TableRowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

/** Makes the cells of an object, wide ones included; `now` in milliseconds since 1970. */
export type Printer<T> = (object: T, now: number) => readonly unknown[];

export const none = '<none>';
export const unset = '<unset>';
export const unknown = '<unknown>';

type Strings = Readonly<Record<string, string>>;

/** `a=1,b=2`, or `<none>` */
export function formatLabels(labels: Strings | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.toSorted().join(',') || none;
}

/** A selector as text, `<none>` for one that selects everything or nothing; `invalid` for one that is none. */
export function formatSelector(selector: LabelSelector | undefined, invalid = '<error>'): string {
  try {
    // labels alone need no check to be printed, and most selectors are no more
    const requirements = selector?.matchExpressions?.length
      ? labelSelectorOf(selector)
      : selectorFromLabels(selector?.matchLabels ?? {});
    return formatLabelSelector(requirements) || none;
  } catch (error) {
    if (error instanceof SelectorError) return invalid;
    throw error;
  }
}

/** The first `most` of a list, and how many are left. */
export function firstFew(items: readonly string[], most: number, separator = ','): string {
  const shown = items.slice(0, most).join(separator);
  return items.length > most ? `${shown} + ${items.length - most} more...` : shown;
}

export function conditionOf<Condition extends { readonly type?: string }>(
  conditions: readonly Condition[] | null | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function hasCondition(
  conditions: readonly { readonly type?: string; readonly status?: string }[] | null | undefined,
  type: string,
): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}
