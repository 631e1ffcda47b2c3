import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'root-ca-certificate-publisher-controller'),
    { rootCa: 'the authority' },
  );
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const by = 'root-ca-cert-publisher';
const NAME = 'kube-root-ca.crt';
const collection = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;
const published = () =>
  world.client.get(resources.configMaps, { namespace: 'default', name: NAME });

it('publishes what verifies the API server in each namespace', async () => {
  await world.client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: {},
  });
  await world.settle();
  expect(new Set(world.sent)).toEqual(
    new Set(
      ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'shop'].map((namespace) => ({
        by,
        method: 'POST',
        path: collection(namespace),
      })),
    ),
  );
  const { data, metadata } = await published();
  expect(data).toEqual({ 'ca.crt': 'the authority' });
  expect(metadata.annotations?.['kubernetes.io/description']).toMatch(/^Contains a CA bundle/);
});

it('puts right what somebody changes, and makes again what somebody deletes', async () => {
  world.sent.length = 0;
  const before = await published();
  await world.client.update(resources.configMaps, {
    ...before,
    data: { 'ca.crt': 'another', more: '' },
  });
  await world.settle();
  expect(await published()).toMatchObject({ data: { 'ca.crt': 'the authority' } });
  await world.client.delete(resources.configMaps, { namespace: 'default', name: NAME });
  await world.settle();
  expect(world.sent).toEqual([
    { by, method: 'PUT', path: `${collection('default')}/${NAME}` },
    { by, method: 'POST', path: collection('default') },
  ]);
});

it('leaves a description of one’s own alone', async () => {
  world.sent.length = 0;
  await world.client.patch(
    resources.configMaps,
    { namespace: 'default', name: NAME },
    {
      type: 'merge',
      patch: { metadata: { annotations: { 'kubernetes.io/description': 'ours' } } },
    },
  );
  await world.settle();
  expect(world.sent).toEqual([]);
});
