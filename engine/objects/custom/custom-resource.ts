import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../generated/apiextensions-v1.generated.ts';
import type { ResourceDefinition, SubresourceDefinition, Verb } from '../resources.ts';
import type { Schema } from '../schema.ts';

/** One version of a custom resource as its CustomResourceDefinition describes it. */
export interface CustomResource extends ResourceDefinition {
  readonly listKind: string;
  /** the version's `openAPIV3Schema` */
  readonly schema: Schema;
  /** present if it has a scale subresource */
  readonly scale?: ScalePaths;
}

/** Where a custom resource keeps what its scale shows: `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** In the order discovery lists them. */
const verbs: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

/** The versions a definition asks to serve, under the names it has been given (`status.acceptedNames`). */
export function customResourcesOf({
  spec,
  status,
}: CustomResourceDefinition): readonly CustomResource[] {
  const names = status?.acceptedNames;
  const { plural = '', singular = '', kind = '' } = names ?? {};
  return spec.versions
    .filter(({ served }) => served)
    .map((version): CustomResource => {
      const scale = version.subresources?.scale;
      return {
        group: spec.group,
        version: version.name,
        kind,
        listKind: names?.listKind ?? `${kind}List`,
        plural,
        singular,
        shortNames: names?.shortNames ?? [],
        categories: names?.categories ?? [],
        namespaced: spec.scope === 'Namespaced',
        verbs,
        subresources: subresourcesOf(version, kind),
        schema: (version.schema?.openAPIV3Schema ?? {}) as Schema,
        ...(scale === undefined ? {} : { scale }),
      };
    });
}

function subresourcesOf(
  { subresources = {} }: CustomResourceDefinitionVersion,
  kind: string,
): readonly SubresourceDefinition[] {
  const modify: readonly Verb[] = ['get', 'patch', 'update'];
  const found: SubresourceDefinition[] = [];
  if (subresources.status !== undefined) found.push({ name: 'status', kind, verbs: modify });
  if (subresources.scale !== undefined) {
    found.push({
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: modify,
    });
  }
  return found;
}
