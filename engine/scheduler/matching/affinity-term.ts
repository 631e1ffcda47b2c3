import type {
  Pod,
  PodAffinity,
  PodAffinityTerm,
  PodAntiAffinity,
} from '../../objects/generated/core-v1.generated.ts';
import {
  labelSelectorOf,
  matchesLabels,
  type LabelSelector,
} from '../../objects/selectors/label-selector.ts';

type Labels = Readonly<Record<string, string>>;

/** A term of Pod affinity or anti-affinity, read once. */
export interface AffinityTerm {
  /** names of namespaces, besides those whose labels match */
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelSelector;
  readonly selector: LabelSelector;
  readonly topologyKey: string;
}

export interface WeightedAffinityTerm extends AffinityTerm {
  readonly weight: number;
}

export function affinityTerms(
  pod: Pod,
  { requiredDuringSchedulingIgnoredDuringExecution = [] }: PodAffinity | PodAntiAffinity,
): readonly AffinityTerm[] {
  return requiredDuringSchedulingIgnoredDuringExecution.map((term) => read(pod, term));
}

export function weightedAffinityTerms(
  pod: Pod,
  { preferredDuringSchedulingIgnoredDuringExecution = [] }: PodAffinity | PodAntiAffinity,
): readonly WeightedAffinityTerm[] {
  return preferredDuringSchedulingIgnoredDuringExecution.map(({ weight, podAffinityTerm }) => ({
    ...read(pod, podAffinityTerm),
    weight,
  }));
}

/** Without namespaces and without a selector of namespaces it means the Pod's own. */
function read(pod: Pod, term: PodAffinityTerm): AffinityTerm {
  const { namespaces = [], namespaceSelector, labelSelector, topologyKey } = term;
  const own = namespaces.length === 0 && namespaceSelector === undefined;
  return {
    namespaces: new Set(own ? [pod.metadata.namespace ?? ''] : namespaces),
    namespaceSelector: labelSelectorOf(namespaceSelector),
    selector: labelSelectorOf(labelSelector),
    topologyKey,
  };
}

/** @param namespaceLabels of the Pod's namespace, if the term may select namespaces by labels */
export function matchesTerm(
  term: AffinityTerm,
  { metadata }: Pod,
  namespaceLabels: Labels | undefined,
): boolean {
  return (
    (term.namespaces.has(metadata.namespace ?? '') ||
      (term.namespaceSelector !== null &&
        namespaceLabels !== undefined &&
        matchesLabels(term.namespaceSelector, namespaceLabels))) &&
    matchesLabels(term.selector, metadata.labels)
  );
}

/** False when there is no term. */
export function matchesAllTerms(terms: readonly AffinityTerm[], pod: Pod): boolean {
  return terms.length > 0 && terms.every((term) => matchesTerm(term, pod, undefined));
}

/**
 * The term with the namespaces that its selector means now by name, so that Pods of other
 * namespaces can be matched without looking theirs up.
 */
export function withSelectedNamespaces<T extends AffinityTerm>(
  term: T,
  namespaces: Iterable<{
    readonly metadata: { readonly name?: string; readonly labels?: Labels };
  }>,
): T {
  const { namespaceSelector } = term;
  if (namespaceSelector === null) return term;
  const names = new Set(term.namespaces);
  for (const { metadata } of namespaces)
    if (matchesLabels(namespaceSelector, metadata.labels)) names.add(metadata.name ?? '');
  return { ...term, namespaces: names, namespaceSelector: null };
}
