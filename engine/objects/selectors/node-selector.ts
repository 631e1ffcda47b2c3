import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PreferredSchedulingTerm,
} from '../generated/core-v1.generated.ts';

type Labels = Readonly<Record<string, string>>;

/** What of a node its selectors look at. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Labels;
}

/** Any of the terms; one without expressions matches nothing. */
export function matchesNodeSelector(selector: NodeSelector, node: SelectableNode): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesNodeTerm(term, node));
}

function matchesNodeTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) =>
      holds(
        requirement,
        Object.hasOwn(node.labels, requirement.key) ? node.labels[requirement.key] : undefined,
      ),
    ) &&
    matchFields.every((requirement) =>
      holds(requirement, requirement.key === 'metadata.name' ? node.name : undefined),
    )
  );
}

function holds(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [limit = ''] = values;
      if (value === undefined || !isInteger(value) || !isInteger(limit)) return false;
      return operator === 'Gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
    }
  }
}

function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text);
}

/** The node selector and the required node affinity of a Pod. */
export function matchesRequiredNodeAffinity(
  { spec }: Pick<Pod, 'spec'>,
  node: SelectableNode,
): boolean {
  const { nodeSelector, affinity } = spec;
  if (nodeSelector !== undefined)
    for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** The sum of the weights of the terms that match; terms without expressions match nothing. */
export function preferenceOf(
  terms: readonly PreferredSchedulingTerm[],
  node: SelectableNode,
): number {
  let sum = 0;
  for (const { weight, preference } of terms) if (matchesNodeTerm(preference, node)) sum += weight;
  return sum;
}
