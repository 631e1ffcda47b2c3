import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { crates, defineCrates } from '../testing/crates.ts';

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'namespace-controller'),
  );
  await world.client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: {},
  });
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const by = 'namespace-controller';
const shop = () => world.client.get(resources.namespaces, { name: 'shop' });
const conditions = async () =>
  (await shop()).status?.conditions?.map(({ type, status, reason, message }) => [
    type,
    status,
    reason,
    message,
  ]);
const configMap = (name: string, finalizers: readonly string[] = []) =>
  world.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name, finalizers: [...finalizers] },
  });

async function endNamespace(): Promise<void> {
  await world.client.delete(resources.namespaces, { name: 'shop' });
  await world.settle();
}

async function runningPod(): Promise<void> {
  await world.client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace: 'shop', name: 'default' },
  });
  await world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { nodeName: 'somewhere', containers: [{ name: 'c', image: 'web' }] },
  });
}

it('empties a namespace five seconds after its deletion, and lets it go', async () => {
  await configMap('one');
  await endNamespace();
  await world.advance(4999);
  expect(world.sent).toEqual([]);
  await world.advance(1);
  const collections = world.sent.filter(({ method }) => method === 'DELETE');
  expect(collections[0]).toEqual({ by, method: 'DELETE', path: '/api/v1/namespaces/shop/pods' });
  expect(collections).toContainEqual({
    by,
    method: 'DELETE',
    path: '/apis/apps/v1/namespaces/shop/deployments',
  });
  expect(new Set(collections.map(({ path }) => path)).size).toBe(collections.length);
  expect(world.sent.filter(({ method }) => method === 'PUT').map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/shop/status',
    '/api/v1/namespaces/shop/finalize',
  ]);
  expect(await shop().catch(reasonOf)).toBe('NotFound');
  const { items } = await world.client.list(resources.configMaps, { namespace: 'shop' });
  expect(items).toEqual([]);
});

it('waits for Pods before it deletes anything else', async () => {
  await runningPod();
  await configMap('one');
  await endNamespace();
  await world.advance(5000);
  const pod = await world.client.get(resources.pods, { namespace: 'shop', name: 'web' });
  expect(pod.metadata.deletionGracePeriodSeconds).toBe(30);
  expect(
    await world.client.get(resources.configMaps, { namespace: 'shop', name: 'one' }),
  ).toBeDefined();
  await world.client.delete(resources.pods, pod.metadata, { gracePeriodSeconds: 0 });
  // Half of the time that the Pod has, and one second.
  await world.advance(16_000, 5000);
  expect(await shop().catch(reasonOf)).toBe('NotFound');
});

it('says what keeps a namespace', async () => {
  await configMap('one', ['example.org/keep']);
  await configMap('two', ['example.org/keep', 'example.org/more']);
  await endNamespace();
  await world.advance(5000);
  expect(await conditions()).toEqual([
    [
      'NamespaceDeletionDiscoveryFailure',
      'False',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    [
      'NamespaceContentRemaining',
      'True',
      'SomeResourcesRemain',
      'Some resources are remaining: configmaps. has 2 resource instances',
    ],
    [
      'NamespaceFinalizersRemaining',
      'True',
      'SomeFinalizersRemain',
      'Some content in the namespace has finalizers remaining: example.org/keep in 2 resource instances, example.org/more in 1 resource instances',
    ],
  ]);
  for (const name of ['one', 'two'])
    await world.client.patch(
      resources.configMaps,
      { namespace: 'shop', name },
      { type: 'merge', patch: { metadata: { finalizers: null } } },
    );
  await world.advance(8000, 4000);
  expect(await shop().catch(reasonOf)).toBe('NotFound');
});

it('deletes custom resources with the rest', async () => {
  await defineCrates(world.client);
  await world.advance(5000);
  await world.client.create(crates, {
    apiVersion: 'example.org/v1',
    kind: 'Crate',
    metadata: { namespace: 'shop', name: 'one' },
  });
  await endNamespace();
  await world.advance(5000);
  expect(world.sent).toContainEqual({
    by,
    method: 'DELETE',
    path: '/apis/example.org/v1/namespaces/shop/crates',
  });
  expect((await world.client.list(crates, {})).items).toEqual([]);
  expect(await shop().catch(reasonOf)).toBe('NotFound');
});

it('leaves a finalizer of somebody else to him', async () => {
  const namespace = await shop();
  await world.client.update(
    resources.namespaces,
    { ...namespace, spec: { finalizers: ['kubernetes', 'example.org/own'] } },
    { subresource: 'finalize' },
  );
  await endNamespace();
  await world.advance(5000);
  expect((await shop()).spec.finalizers).toEqual(['example.org/own']);
});

it('waits for a server behind the API server that cannot be asked, and deletes what it can', async () => {
  await configMap('one');
  await world.client.create(resources.apiServices, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.scales.example.org' },
    spec: {
      group: 'scales.example.org',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'scales' },
    },
  });
  await world.settle();
  await endNamespace();
  await world.advance(5000);
  expect((await conditions())?.[0]).toEqual([
    'NamespaceDeletionDiscoveryFailure',
    'True',
    'DiscoveryFailed',
    'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: scales.example.org/v1beta1: stale GroupVersion discovery: scales.example.org/v1beta1',
  ]);
  const { items } = await world.client.list(resources.configMaps, { namespace: 'shop' });
  expect(items).toEqual([]);
  expect(world.errors.splice(0)).not.toEqual([]);
  await world.client.delete(resources.apiServices, { name: 'v1beta1.scales.example.org' });
  await world.advance(60_000, 20_000);
  expect(await shop().catch(reasonOf)).toBe('NotFound');
});
