import type { NamespaceCondition } from '../../objects/generated/core-v1.generated.ts';

/** What became of the content of a namespace in one attempt to delete it. */
export interface ContentReport {
  /** why not all resources are known, or undefined */
  readonly discoveryFailure: string | undefined;
  /** what went wrong with single resources */
  readonly failures: readonly string[];
  /** objects that are left, by `RESOURCE.GROUP` */
  readonly remaining: ReadonlyMap<string, number>;
  /** objects that are left and have this finalizer */
  readonly finalizers: ReadonlyMap<string, number>;
}

/** What each condition says when all is well, in upstream's order. */
const FINE: readonly (readonly [type: string, reason: string, message: string])[] = [
  [
    'NamespaceDeletionDiscoveryFailure',
    'ResourcesDiscovered',
    'All resources successfully discovered',
  ],
  [
    'NamespaceDeletionGroupVersionParsingFailure',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  [
    'NamespaceFinalizersRemaining',
    'ContentHasNoFinalizers',
    'All content-preserving finalizers finished',
  ],
];

function counted(counts: ReadonlyMap<string, number>, verb: string): string {
  return [...counts]
    .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
    .toSorted()
    .join(', ');
}

/** What is not well, by the type of condition. */
function problems(report: ContentReport): Map<string, readonly [reason: string, message: string]> {
  const { discoveryFailure, failures, remaining, finalizers } = report;
  const found = new Map<string, readonly [string, string]>();
  if (discoveryFailure !== undefined)
    found.set('NamespaceDeletionDiscoveryFailure', ['DiscoveryFailed', discoveryFailure]);
  if (failures.length > 0)
    found.set('NamespaceDeletionContentFailure', [
      'ContentDeletionFailed',
      `Failed to delete all resource types, ${failures.length} remaining: ${failures.toSorted().join(', ')}`,
    ]);
  if (remaining.size > 0)
    found.set('NamespaceContentRemaining', [
      'SomeResourcesRemain',
      `Some resources are remaining: ${counted(remaining, 'has')}`,
    ]);
  if (finalizers.size > 0)
    found.set('NamespaceFinalizersRemaining', [
      'SomeFinalizersRemain',
      `Some content in the namespace has finalizers remaining: ${counted(finalizers, 'in')}`,
    ]);
  return found;
}

/**
 * The conditions of a namespace that ends; undefined when they say already what there is to say.
 * @param now RFC 3339
 */
export function nextConditions(
  current: readonly NamespaceCondition[],
  report: ContentReport,
  now: string,
): readonly NamespaceCondition[] | undefined {
  const found = problems(report);
  const next = [...current];
  let changed = false;
  for (const [type, fineReason, fineMessage] of FINE) {
    const problem = found.get(type);
    const [reason, message] = problem ?? [fineReason, fineMessage];
    const status = problem === undefined ? 'False' : 'True';
    const index = next.findIndex((condition) => condition.type === type);
    const old = next[index];
    if (old?.status === status && old.reason === reason && old.message === message) continue;
    changed = true;
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    const condition = { type, status, lastTransitionTime, reason, message };
    if (old === undefined) next.push(condition);
    else next[index] = condition;
  }
  return changed ? next : undefined;
}
