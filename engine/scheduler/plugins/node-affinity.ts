import { z } from 'zod';
import type {
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
} from '../../objects/generated/core-v1.generated.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { SKIP, unresolvable } from '../framework/status.ts';
import {
  matchesNodeSelector,
  matchesRequiredNodeAffinity,
  preferenceOf,
} from '../../objects/selectors/node-selector.ts';
import { NAMES } from './names.ts';
import { normalizeByHighest } from './normalize.ts';

const { nodeAffinity: NAME } = NAMES;
const mismatch = unresolvable(NAME, "node(s) didn't match Pod's node affinity/selector");
const enforcedMismatch = unresolvable(
  NAME,
  "node(s) didn't match scheduler-enforced node affinity",
);
const conflict = unresolvable(NAME, 'pod affinity terms conflict');

const Arguments = z.object({ addedAffinity: z.custom<NodeAffinity>().optional() });

const affinityOf = ({ spec }: Pod): NodeAffinity => spec.affinity?.nodeAffinity ?? {};

/** Nodes whose labels match the Pod's selector and affinity, and what it prefers of them. */
export const nodeAffinity: PluginFactory = (args) => {
  const { addedAffinity = {} } = Arguments.parse(args ?? {});
  const added = addedAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  const addedPreferences = addedAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    name: NAME,
    interests: [
      {
        resource: 'Node',
        actions: ACTION.add | ACTION.updateNodeLabel,
        hint(pod, before, after) {
          if (after === undefined) return false;
          const selectable = selectableOf(after);
          if (added !== undefined && !matchesNodeSelector(added, selectable)) return false;
          return (
            matchesRequiredNodeAffinity(pod, selectable) &&
            (before === undefined || !matchesRequiredNodeAffinity(pod, selectableOf(before)))
          );
        },
      },
    ],
    preFilter(_state, { pod }) {
      const required = affinityOf(pod).requiredDuringSchedulingIgnoredDuringExecution;
      if (required === undefined && added === undefined && pod.spec.nodeSelector === undefined)
        return SKIP;
      const names = namedNodes(required?.nodeSelectorTerms ?? []);
      if (names === undefined) return undefined;
      return names.size === 0 ? conflict : { nodeNames: names };
    },
    filter(_state, { pod }, node) {
      if (added !== undefined && !matchesNodeSelector(added, node)) return enforcedMismatch;
      return matchesRequiredNodeAffinity(pod, node) ? undefined : mismatch;
    },
    preScore(_state, { pod }) {
      const preferred = affinityOf(pod).preferredDuringSchedulingIgnoredDuringExecution ?? [];
      return preferred.length === 0 && addedPreferences.length === 0 ? SKIP : undefined;
    },
    score: (_state, { pod }, node) =>
      preferenceOf(addedPreferences, node) +
      preferenceOf(affinityOf(pod).preferredDuringSchedulingIgnoredDuringExecution ?? [], node),
    normalize: (_state, scores) => normalizeByHighest(scores),
  };
};

function selectableOf({
  metadata,
}: {
  readonly metadata: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}) {
  return { name: metadata.name ?? '', labels: metadata.labels ?? {} };
}

/** The nodes that the terms name with `metadata.name`; undefined when one does not. */
function namedNodes(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  if (terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let named: readonly string[] | undefined;
    for (const { key, operator, values = [] } of matchFields)
      if (key === 'metadata.name' && operator === 'In')
        named = named === undefined ? values : named.filter((name) => values.includes(name));
    if (named === undefined) return undefined;
    for (const name of named) names.add(name);
  }
  return names;
}
