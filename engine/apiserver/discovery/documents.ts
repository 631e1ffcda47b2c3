/** The documents by which clients learn what is served: the plain ones and the aggregated one. */
import type { ResourceDefinition, SubresourceDefinition } from '../../objects/resources.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ServedVersion } from '../registry/resource-registry.ts';

/** A group-version as the plain documents name it. */
interface GroupVersionName {
  readonly groupVersion: string;
  readonly version: string;
}

interface DiscoveryResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

function groupVersionName(group: string, version: string): GroupVersionName {
  return { groupVersion: group === '' ? version : `${group}/${version}`, version };
}

export function apiVersions(serverAddress: string): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** A group as the plain documents have it. */
interface NamedGroup {
  readonly name: string;
  /** preferred first */
  readonly versions: readonly { readonly version: string }[];
}

function groupDocument({ name, versions }: NamedGroup): Record<string, unknown> {
  const named = versions.map(({ version }) => groupVersionName(name, version));
  return { name, versions: named, preferredVersion: named[0] };
}

export function apiGroup(group: NamedGroup): unknown {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

export function apiGroupList(groups: readonly NamedGroup[]): unknown {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
}

/** First 8 bytes of the SHA-256 of the stored group, version and kind: tells clients when it moves. */
async function storageVersionHash(group: string, version: string, kind: string): Promise<string> {
  const text = new TextEncoder().encode(`${group}/${version}/${kind}`);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  return btoa(String.fromCodePoint(...hash.subarray(0, 8)));
}

function optional<Name extends string>(
  name: Name,
  values: readonly string[],
): Partial<Record<Name, readonly string[]>> {
  return values.length === 0 ? {} : ({ [name]: values } as Record<Name, readonly string[]>);
}

function subresource(
  parent: ResourceDefinition,
  { name, group, version, kind, verbs }: SubresourceDefinition,
): DiscoveryResource {
  return {
    name: `${parent.plural}/${name}`,
    singularName: '',
    namespaced: parent.namespaced,
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind,
    verbs,
  };
}

const READING: readonly string[] = ['delete', 'deletecollection', 'get', 'list', 'watch'];

/** What is on its way out can only be looked at and deleted. */
function verbsOf({ definition, terminating }: ServedResource): readonly string[] {
  const { verbs } = definition;
  return terminating === true ? verbs.filter((verb) => READING.includes(verb)) : verbs;
}

async function resourceDocuments(resource: ServedResource): Promise<DiscoveryResource[]> {
  const { definition } = resource;
  const { group, version, kind, plural, singular, namespaced } = definition;
  const verbs = verbsOf(resource);
  const stored = verbs.includes('watch');
  const own: DiscoveryResource = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...optional('shortNames', definition.shortNames),
    ...optional('categories', definition.categories),
    ...(stored
      ? {
          storageVersionHash: await storageVersionHash(
            group,
            resource.storedVersion ?? version,
            kind,
          ),
        }
      : {}),
  };
  return [own, ...definition.subresources.map((entry) => subresource(definition, entry))];
}

/** What one group-version holds. */
export async function apiResourceList(
  group: string,
  { version, resources }: ServedVersion,
): Promise<unknown> {
  const documents = await Promise.all(resources.map((resource) => resourceDocuments(resource)));
  return {
    kind: 'APIResourceList',
    // The core group's document comes without, for reasons lost in time.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersionName(group, version).groupVersion,
    resources: documents.flat(),
  };
}

function aggregatedResource(resource: ServedResource): Record<string, unknown> {
  const { definition } = resource;
  const kindOf = (group: string, version: string, kind: string): unknown => ({
    group,
    version,
    kind,
  });
  return {
    resource: definition.plural,
    responseKind: kindOf('', '', definition.kind),
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: verbsOf(resource),
    ...optional('shortNames', definition.shortNames),
    ...optional('categories', definition.categories),
    ...(definition.subresources.length === 0
      ? {}
      : {
          subresources: definition.subresources.map(({ name, group, version, kind, verbs }) => ({
            subresource: name,
            responseKind: kindOf(group ?? '', version ?? '', kind),
            verbs,
          })),
        }),
  };
}

/** One version in the aggregated document. */
export function aggregatedVersion({ version, resources }: ServedVersion): unknown {
  return {
    version,
    resources: resources.map((resource) => aggregatedResource(resource)),
    freshness: 'Current',
  };
}

/** Everything in one document, so that clients ask once. @param apiVersion `apidiscovery.k8s.io/v2` or v2beta1 */
export function aggregatedDiscovery(
  groups: readonly { readonly name: string; readonly versions: readonly unknown[] }[],
  apiVersion: string,
): unknown {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === '' ? {} : { name },
      versions,
    })),
  };
}
