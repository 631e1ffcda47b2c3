import { RulesetBuilder, withComment, type Ruleset } from '../nftables/ruleset.ts';

/**
 * Beyond the cluster nobody knows the way back to a Pod: what it sends there carries its node's address.
 *
 * @param podCidr addresses of this node's Pods
 * @param clusterCidr addresses of all Pods
 */
export function masqueradeRuleset(podCidr: string, clusterCidr: string): Ruleset {
  const rules = new RulesetBuilder();
  rules
    .chain('postrouting', { hook: 'type nat hook postrouting priority 100' })
    .push(
      withComment(
        `ip saddr ${podCidr} ip daddr != ${clusterCidr} masquerade`,
        'Pods to where they are not known',
      ),
    );
  return rules;
}
