import { formatApiVersion, type KubernetesObject } from '../objects/kubernetes-object.ts';
import type { Client } from './client.ts';
import type { Resource } from './resource.ts';

/** A resource as the API server says that it serves it. */
export interface DiscoveredResource extends Resource<KubernetesObject> {
  readonly verbs: readonly string[];
  /** of its versions the one that clients are to use */
  readonly preferred: boolean;
}

/** What an API server serves. */
export interface Discovery {
  readonly resources: readonly DiscoveredResource[];
  /** group-versions of other servers behind it that could not be asked, so that their resources are missing */
  readonly failed: readonly string[];
}

/** apidiscovery.k8s.io/v2 `APIGroupDiscoveryList`, as far as it is read here */
interface GroupList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness?: 'Current' | 'Stale';
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: 'Namespaced' | 'Cluster';
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Asks the API server for everything that it serves, in two requests (`ServerGroupsAndResources` of client-go). */
export async function discover(client: Client): Promise<Discovery> {
  const resources: DiscoveredResource[] = [];
  const failed: string[] = [];
  for (const path of ['/api', '/apis']) {
    const { items } = JSON.parse(await client.getText(path, { accept: ACCEPT })) as GroupList;
    for (const { metadata, versions } of items) {
      const group = metadata?.name ?? '';
      const seen = new Set<string>();
      for (const { version, freshness, resources: served = [] } of versions) {
        if (freshness === 'Stale') failed.push(formatApiVersion({ group, version }));
        for (const { resource: plural, responseKind, scope, verbs } of served) {
          resources.push({
            group,
            version,
            plural,
            kind: responseKind.kind,
            namespaced: scope === 'Namespaced',
            verbs,
            preferred: !seen.has(plural),
          });
          seen.add(plural);
        }
      }
    }
  }
  return { resources, failed };
}

/** Why a discovery is not complete, in client-go's words (`ErrGroupDiscoveryFailed`). */
export function discoveryFailure(failed: readonly string[]): string {
  const each = failed.map((version) => `${version}: stale GroupVersion discovery: ${version}`);
  return `unable to retrieve the complete list of server APIs: ${each.toSorted().join(', ')}`;
}
