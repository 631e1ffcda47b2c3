import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { enabledControllers } from '../enabled.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { detachedSignature } from './bootstrap-signer.ts';

const NAMES = ['bootstrap-signer-controller', 'token-cleaner-controller'];

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => NAMES.includes(name)),
    { controllers: NAMES },
  );
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const SECRET = { namespace: 'kube-system', name: 'bootstrap-token-abcdef' };
const createToken = (more: Readonly<Record<string, string>> = {}) =>
  world.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: SECRET,
    type: 'bootstrap.kubernetes.io/token',
    stringData: {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-signing': 'true',
      ...more,
    },
  });
const createInfo = (more: Readonly<Record<string, string>> = {}) =>
  world.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-public', name: 'cluster-info' },
    data: { kubeconfig: 'apiVersion: v1', ...more },
  });
const info = async () =>
  (await world.client.get(resources.configMaps, { namespace: 'kube-public', name: 'cluster-info' }))
    .data;
/** What cluster-info says once it is so. Signing waits for no clock and takes its time. */
async function whenInfo(holds: (data: Readonly<Record<string, string>>) => boolean) {
  for (;;) {
    const data = (await info()) ?? {};
    if (holds(data)) return data;
    await world.settle();
  }
}

it('are off unless they are named', () => {
  const enabled = enabledControllers(descriptors).map(({ name }) => name);
  expect(enabled.filter((name) => NAMES.includes(name))).toEqual([]);
});

it('signs as upstream does', async () => {
  // From the test of upstream's signer.
  expect(await detachedSignature('payload', { id: 'abc123', secret: 'tokenSecret' })).toBe(
    'eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiYzEyMyJ9..QSxpUG7Q542CirTI2ECPSZjvBOJURUW5a7XqFpNI958',
  );
});

it('signs cluster-info with each token, and takes away the signatures of others', async () => {
  await createInfo({ 'jws-kubeconfig-gone00': 'old' });
  await createToken();
  const signed = await whenInfo((data) => 'jws-kubeconfig-abcdef' in data);
  expect(signed).toEqual({
    kubeconfig: 'apiVersion: v1',
    'jws-kubeconfig-abcdef': await detachedSignature('apiVersion: v1', {
      id: 'abcdef',
      secret: '0123456789abcdef',
    }),
  });
  await world.client.delete(resources.secrets, SECRET);
  expect(await whenInfo((data) => !('jws-kubeconfig-abcdef' in data))).toEqual({
    kubeconfig: 'apiVersion: v1',
  });
});

it('does not sign with a token that is not for that', async () => {
  await createToken({ 'usage-bootstrap-signing': 'false' });
  await createInfo();
  await world.settle();
  expect(await info()).toEqual({ kubeconfig: 'apiVersion: v1' });
  expect(world.sent).toEqual([]);
});

it('deletes a token when its time is over', async () => {
  await createToken({ expiration: formatTime(world.clock.now() + 60_000) });
  await world.settle();
  await world.advance(59_000);
  expect(world.sent).toEqual([]);
  await world.advance(1000);
  expect(world.sent).toEqual([
    {
      by: 'token-cleaner',
      method: 'DELETE',
      path: '/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef',
    },
  ]);
  expect(await world.client.get(resources.secrets, SECRET).catch(reasonOf)).toBe('NotFound');
});
