import type { Node } from '../../objects/generated/core-v1.generated.ts';

/** Tells the zones of a cluster apart; '' when its nodes name none (component-helpers' `GetZoneKey`). */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region =
    labels['topology.kubernetes.io/region'] ??
    labels['failure-domain.beta.kubernetes.io/region'] ??
    '';
  const zone =
    labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}
