import { emptyRuleset, RulesetBuilder, type Ruleset } from '../../nftables/ruleset.ts';
import type { Namespace, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NetworkPolicy } from '../../objects/generated/networking-v1.generated.ts';
import { addressedPods, PodSelection, type AddressedPod } from './pod-addresses.ts';
import { addPolicyChain, appliesTo, chainOf, type Direction } from './policy-rules.ts';

export interface PolicyState {
  readonly policies: readonly NetworkPolicy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

/** Pods whose traffic in one direction is limited, with the policies that say so. */
type Isolated = ReadonlyMap<AddressedPod, readonly NetworkPolicy[]>;

/** Before what kube-proxy refuses, which is at 0. */
const PRIORITIES = { egress: -20, ingress: -10 } as const;

/**
 * The table `ip drydock-policies` of a node: what NetworkPolicies let its Pods receive and send
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
 *
 * Rules stand in the way of forwarded packets, where addresses of Services have become those of endpoints. What
 * a node itself and its own Pods send each other does not come that way, and is always allowed. A packet is looked
 * up by its Pod's address: what no policy selects costs one look and passes. Each direction has a base chain of its
 * own, so that one may accept without answering for the other.
 */
export function policyRuleset(nodeName: string, state: PolicyState): Ruleset {
  const selection = new PodSelection(addressedPods(state.pods), state.namespaces);
  const policies = state.policies.toSorted(byName);
  const rules = new RulesetBuilder();
  const itself = new Set<string>();
  for (const direction of ['egress', 'ingress'] as const) {
    const isolated = isolatedPods(rules, selection, policies, direction, nodeName);
    if (isolated.size === 0) continue;
    addIsolation(rules, direction, isolated);
    for (const { address } of isolated.keys()) itself.add(`${address} . ${address}`);
  }
  if (itself.size === 0) return emptyRuleset;
  const elements = rules.collection('itself', {
    kind: 'set',
    type: 'ipv4_addr . ipv4_addr',
    comment: 'Pods with policies, each with itself',
  });
  for (const pair of itself) elements.set(pair, {});
  return rules;
}

/** Adds the chains of the policies that select a Pod of this node. */
function isolatedPods(
  rules: RulesetBuilder,
  selection: PodSelection,
  policies: readonly NetworkPolicy[],
  direction: Direction,
  nodeName: string,
): Isolated {
  const isolated = new Map<AddressedPod, NetworkPolicy[]>();
  for (const policy of policies) {
    if (!appliesTo(policy, direction)) continue;
    const selected = selection
      .in(policy.metadata.namespace ?? '', policy.spec.podSelector ?? {})
      .filter(({ pod }) => pod.spec.nodeName === nodeName);
    if (selected.length === 0) continue;
    addPolicyChain(rules, selection, policy, direction, selected);
    for (const pod of selected) isolated.set(pod, [...(isolated.get(pod) ?? []), policy]);
  }
  return isolated;
}

function addIsolation(rules: RulesetBuilder, direction: Direction, isolated: Isolated): void {
  const own = direction === 'egress' ? 'ip saddr' : 'ip daddr';
  rules
    .chain(`forward-${direction}`, {
      hook: `type filter hook forward priority ${PRIORITIES[direction]}`,
    })
    .push(
      'ct state established,related accept',
      'ip saddr . ip daddr @itself accept',
      `${own} vmap @isolated-${direction}`,
    );
  const pods = rules.collection(`isolated-${direction}`, {
    kind: 'map',
    type: 'ipv4_addr : verdict',
    comment: `Pods of this node whose ${direction} is limited`,
  });
  for (const [{ pod, address }, policies] of isolated) {
    const chain = `pod-${address}-${direction}`;
    pods.set(address, {
      comment: `${pod.metadata.namespace}/${pod.metadata.name}`,
      value: `goto ${chain}`,
    });
    rules
      .chain(chain)
      .push(...policies.map((policy) => `jump ${chainOf(policy, direction)}`), 'drop');
  }
}

const nameOf = ({ metadata }: NetworkPolicy) => `${metadata.namespace}/${metadata.name}`;
const byName = (one: NetworkPolicy, other: NetworkPolicy) => (nameOf(one) < nameOf(other) ? -1 : 1);
