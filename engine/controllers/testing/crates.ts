import type { Client } from '../../client/client.ts';
import type { Resource } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

/** A custom resource for tests. */
export const crates: Resource<KubernetesObject> = {
  group: 'example.org',
  version: 'v1',
  plural: 'crates',
  kind: 'Crate',
  namespaced: true,
};

/** Lets the API server serve it: a moment later, and controllers know of it when they look again. */
export async function defineCrates(client: Client): Promise<void> {
  const { group, version, plural, kind } = crates;
  const schema = { openAPIV3Schema: { type: 'object' } };
  await client.create(resources.customResourceDefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { plural, kind },
      scope: 'Namespaced',
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  });
}
