import type { PodTemplateSpec } from '../../generated/core-v1.generated.ts';
import type { LabelSelector } from '../../generated/meta-v1.generated.ts';
import { labelSelectorOf, matchesLabels } from '../../selectors/label-selector.ts';
import { SelectorError } from '../../selectors/selector-error.ts';
import { labelSelector } from '../label-selector.ts';
import type { Place } from '../place.ts';
import { podTemplateSpec } from '../pod/pod.ts';
import { isEmpty } from '../rules.ts';

/** What controllers of Pods have in common: a selector that has to select what the template makes. */

export function isEmptySelector(selector: LabelSelector): boolean {
  return isEmpty(selector.matchLabels) && isEmpty(selector.matchExpressions);
}

/** Whether labels are selected; `undefined` if the selector cannot be read. */
export function selects(
  selector: LabelSelector | null | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean | undefined {
  try {
    return matchesLabels(labelSelectorOf(selector ?? undefined), labels);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** A selector that is there and selects something. */
export function requiredSelector(
  selector: LabelSelector | null | undefined,
  at: Place,
  kind: string,
): void {
  if (!selector) return at.required();
  labelSelector(selector, at);
  if (isEmptySelector(selector)) at.invalid(selector, `empty selector is invalid for ${kind}`);
}

/** Everything is selected by an empty selector, nothing by a missing one. */
export function templateIsSelected(
  selector: LabelSelector | null | undefined,
  { metadata }: PodTemplateSpec,
  at: Place,
): void {
  if (selects(selector, metadata?.labels) === false) notSelected(metadata?.labels, at);
}

/** The same for a selector that only has labels, which may be any texts. */
export function templateHasLabels(
  labels: Readonly<Record<string, string>>,
  { metadata }: PodTemplateSpec,
  at: Place,
): void {
  const has = Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value);
  if (!has) notSelected(metadata?.labels, at);
}

function notSelected(labels: Readonly<Record<string, string>> | undefined, at: Place): void {
  at.child('metadata')
    .child('labels')
    .invalid(labels ?? null, '`selector` does not match template `labels`');
}

/** Pods that are restarted for ever. */
export function endlessTemplate(template: PodTemplateSpec, at: Place, kind: string): void {
  podTemplateSpec(template, at);
  endless(template, at, kind);
}

export function endless({ spec }: PodTemplateSpec, at: Place, kind: string): void {
  const specAt = at.child('spec');
  if (spec?.restartPolicy !== 'Always') {
    specAt.child('restartPolicy').notSupported(spec?.restartPolicy ?? '', ['Always']);
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    specAt
      .child('activeDeadlineSeconds')
      .forbidden(`activeDeadlineSeconds in ${kind} is not Supported`);
  }
}
