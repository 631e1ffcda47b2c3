import type { Etcd } from '../../api/etcd.ts';
import type { Clock } from '../../base/clock.ts';
import { CustomKind } from '../../objects/custom/custom-kind.ts';
import { customResourcesOf, type CustomResource } from '../../objects/custom/custom-resource.ts';
import type { CustomResourceDefinitionVersion } from '../../objects/generated/apiextensions-v1.generated.ts';
import { CustomTable } from '../../objects/tables/custom.ts';
import { compareVersions } from '../registry/resource-registry.ts';
import { SelectableFields } from '../registry/selectable-fields.ts';
import type { ScalePaths, StoredResource } from '../registry/served-resource.ts';
import { ObjectStorage } from '../store/object-storage.ts';
import { WatchCache } from '../watch/watch-cache.ts';
import type { Converter } from './conversion.ts';
import { CustomCodec } from './custom-codec.ts';
import { DefinedKind } from './defined-kind.ts';
import type { Definition } from './definition.ts';

export interface CustomOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** What a definition has the server serve. */
export interface ServedDefinition {
  readonly described: readonly CustomResource[];
  readonly resources: readonly StoredResource[];
}

const path = (jsonPath: string): readonly string[] => jsonPath.split('.').slice(1);

function scalePaths({ scale }: CustomResource): ScalePaths | undefined {
  if (scale === undefined) return undefined;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return {
    replicas: path(specReplicasPath),
    required: specReplicasPath,
    statusReplicas: path(statusReplicasPath),
    ...(labelSelectorPath === undefined ? {} : { selector: path(labelSelectorPath) }),
  };
}

/** What users of a deprecated version are told. */
function deprecation(
  { spec }: Definition,
  { name, deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
): string | undefined {
  if (deprecated !== true) return undefined;
  if (deprecationWarning !== undefined) return deprecationWarning;
  const { group, names, versions } = spec;
  const [better] = versions
    .filter((other) => other.served && other.deprecated !== true)
    .map((other) => other.name)
    .filter((other) => compareVersions(other, name) < 0)
    .toSorted(compareVersions);
  const advice = better === undefined ? '' : `; use ${group}/${better} ${names.kind}`;
  return `${group}/${name} ${names.kind} is deprecated${advice}`;
}

/** Everything a definition asks to be served, each version over a cache of its own. */
export async function makeCustomResources(
  definition: Definition,
  converter: Converter,
  options: CustomOptions,
): Promise<ServedDefinition> {
  const described = customResourcesOf(definition);
  const resources = await Promise.all(
    described.map((resource) => makeCustomResource(definition, resource, converter, options)),
  );
  return { described, resources };
}

async function makeCustomResource(
  definition: Definition,
  resource: CustomResource,
  converter: Converter,
  { etcd, clock, onError }: CustomOptions,
): Promise<StoredResource> {
  const { group, versions } = definition.spec;
  const { version, plural } = resource;
  const stored = versions.find(({ storage }) => storage)?.name ?? version;
  const own = versions.find(({ name }) => name === version);
  const kind = await CustomKind.load(resource);
  const codec = new CustomCodec(kind, converter, `${group}/${stored}`);
  const prefix = `/registry/${group}/${plural}/`;
  const scale = scalePaths(resource);
  const warning = own === undefined ? undefined : deprecation(definition, own);
  return {
    definition: resource,
    kind: new DefinedKind(kind, new CustomTable(own?.additionalPrinterColumns)),
    custom: true,
    listKind: resource.listKind,
    storedVersion: stored,
    ...(warning === undefined ? {} : { warning }),
    prefix,
    codec,
    cache: new WatchCache(etcd, clock, prefix, onError, codec),
    storage: new ObjectStorage(etcd, () => clock.now(), codec),
    fields: SelectableFields.ofPaths((own?.selectableFields ?? []).map(({ jsonPath }) => jsonPath)),
    returnsDeleted: false,
    dependents: 'delete',
    ...(scale === undefined ? {} : { scale }),
  };
}
