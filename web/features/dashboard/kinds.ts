import type { DiscoveredResource } from '../../../engine/client/discovery.ts';
import type { Resource } from '../../../engine/client/resource.ts';
import { builtInResources } from '../../../engine/objects/resources.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';

export interface KindGroup {
  readonly label: string;
  readonly kinds: readonly Resource<KubernetesObject>[];
}

/** What learners look for first, in groups; plural names with their API group. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Workloads: [
    'pods',
    'deployments.apps',
    'replicasets.apps',
    'statefulsets.apps',
    'daemonsets.apps',
    'jobs.batch',
    'cronjobs.batch',
    'horizontalpodautoscalers.autoscaling',
    'poddisruptionbudgets.policy',
  ],
  'Services and network': [
    'services',
    'endpointslices.discovery.k8s.io',
    'ingresses.networking.k8s.io',
    'ingressclasses.networking.k8s.io',
    'networkpolicies.networking.k8s.io',
  ],
  Configuration: ['configmaps', 'secrets', 'resourcequotas', 'limitranges'],
  Storage: ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses.storage.k8s.io'],
  'Nodes and cluster': ['nodes', 'namespaces', 'events'],
  Access: [
    'serviceaccounts',
    'roles.rbac.authorization.k8s.io',
    'rolebindings.rbac.authorization.k8s.io',
    'clusterroles.rbac.authorization.k8s.io',
    'clusterrolebindings.rbac.authorization.k8s.io',
  ],
};
const OTHERS = 'Everything else';

/** `deployments.apps`, as `kubectl get` takes it. */
export function kindKey({ plural, group }: Resource<KubernetesObject>): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** What can be listed and watched, grouped; custom resources are among everything else. */
export function groupKinds(resources: readonly DiscoveredResource[]): readonly KindGroup[] {
  const byKey = new Map(
    resources
      .filter(
        ({ preferred, verbs }) => preferred && verbs.includes('list') && verbs.includes('watch'),
      )
      .map((resource) => [kindKey(resource), resource]),
  );
  const groups: KindGroup[] = [];
  for (const [label, keys] of Object.entries(GROUPS)) {
    const kinds = keys.flatMap((key) => byKey.get(key) ?? []);
    for (const key of keys) byKey.delete(key);
    if (kinds.length > 0) groups.push({ label, kinds });
  }
  // The same events are served under two names.
  byKey.delete('events.events.k8s.io');
  const others = [...byKey.values()].toSorted((one, other) => one.kind.localeCompare(other.kind));
  return others.length === 0 ? groups : [...groups, { label: OTHERS, kinds: others }];
}

/** Kinds that are told of by every heartbeat, or have no relations. */
const UNRELATED = new Set(['events', 'namespaces', 'resourcequotas', 'limitranges']);
/** Kinds that nobody looks for by themselves, and that belong to others. */
const OF_OTHERS = new Set(['controllerrevisions.apps']);
const BUILT_IN = new Set(builtInResources.map(({ group }) => group));

/** Kinds of which objects own, select or name others: those in groups, and custom resources. */
export function relatedKinds(groups: readonly KindGroup[]): readonly Resource<KubernetesObject>[] {
  return groups.flatMap(({ label, kinds }) =>
    kinds.filter((kind) =>
      label === OTHERS
        ? !BUILT_IN.has(kind.group) || OF_OTHERS.has(kindKey(kind))
        : !UNRELATED.has(kindKey(kind)),
    ),
  );
}
