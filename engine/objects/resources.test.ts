import { expect, it } from 'vitest';
import { formatApiVersion, groupVersionKind, parseApiVersion } from './kubernetes-object.ts';
import { loadDefinitions } from './built-in-schemas.ts';
import { builtInResources, standardVerbs } from './resources.ts';
import { resolveSchema } from './schema.ts';

it('splits and joins API versions', () => {
  expect(parseApiVersion('v1')).toEqual({ group: '', version: 'v1' });
  expect(groupVersionKind({ apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
  });
  expect(formatApiVersion({ group: '', version: 'v1' })).toBe('v1');
  expect(formatApiVersion({ group: 'apps', version: 'v1' })).toBe('apps/v1');
});

it('names a Deployment as discovery does', () => {
  const deployment = builtInResources.find(({ kind }) => kind === 'Deployment');
  expect(deployment).toMatchObject({
    plural: 'deployments',
    singular: 'deployment',
    shortNames: ['deploy'],
    verbs: standardVerbs,
  });
  expect(deployment?.subresources.map(({ name, kind }) => [name, kind])).toEqual([
    ['scale', 'Scale'],
    ['status', 'Deployment'],
  ]);
});

it('has a schema of every kind, and of all it refers to', async () => {
  for (const resource of builtInResources) {
    const definitions = await loadDefinitions(resource);
    expect(definitions[resource.schema]).toMatchObject({
      'x-kubernetes-group-version-kind': [
        { group: resource.group, version: resource.version, kind: resource.kind },
      ],
    });
    for (const schema of Object.values(definitions)) {
      for (const property of Object.values(schema.properties ?? {})) {
        expect(resolveSchema(definitions, property.items ?? property).$ref).toBeUndefined();
      }
    }
  }
});

it('has nothing for a group it does not serve', async () => {
  expect(await loadDefinitions({ group: 'apps', version: 'v1beta1' })).toEqual({});
});
