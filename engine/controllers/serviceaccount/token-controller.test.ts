import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'serviceaccount-token-controller'),
    { rootCa: 'the authority' },
  );
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const robot = { namespace: 'default', name: 'robot' };
const key = { namespace: 'default', name: 'robot-key' };

const createAccount = (secrets: readonly { readonly name: string }[] = []) =>
  world.client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: robot,
    secrets: [...secrets],
  });

async function createSecret(): Promise<void> {
  await world.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...key, annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  });
  await world.settle();
}

/** The token that is in the Secret instead of `before`. Signing waits for no clock and takes its time. */
async function tokenAfter(before = ''): Promise<string> {
  for (;;) {
    const token = await tokenOf();
    if (token !== before && token !== '') return token;
    await world.settle();
  }
}

const secret = () => world.client.get(resources.secrets, key);
const tokenOf = async (): Promise<string> => atob((await secret()).data?.['token'] ?? '');

it('fills a Secret with a token, its namespace and what verifies the API server', async () => {
  const account = await createAccount();
  await createSecret();
  const token = await tokenAfter();
  const { data, metadata } = await secret();
  expect(atob(data?.['ca.crt'] ?? '')).toBe('the authority');
  expect(atob(data?.['namespace'] ?? '')).toBe('default');
  expect(decodeJwt(token)).toEqual({
    iss: 'kubernetes/serviceaccount',
    sub: 'system:serviceaccount:default:robot',
    'kubernetes.io/serviceaccount/namespace': 'default',
    'kubernetes.io/serviceaccount/secret.name': 'robot-key',
    'kubernetes.io/serviceaccount/service-account.name': 'robot',
    'kubernetes.io/serviceaccount/service-account.uid': account.metadata.uid,
  });
  expect(metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata.uid);
  expect(world.sent).toEqual([
    {
      by: 'kube-controller-manager',
      method: 'PUT',
      path: '/api/v1/namespaces/default/secrets/robot-key',
    },
  ]);
});

it('makes a new token when somebody takes the old one out', async () => {
  await createAccount();
  await createSecret();
  const before = await tokenAfter();
  await world.client.patch(resources.secrets, key, { type: 'merge', patch: { data: null } });
  expect(decodeJwt(await tokenAfter(before)).sub).toBe('system:serviceaccount:default:robot');
});

it('deletes a Secret whose account was never there', async () => {
  await createSecret();
  expect(await secret().catch(reasonOf)).toBe('NotFound');
});

it('deletes the Secrets of an account with it', async () => {
  await createAccount();
  await createSecret();
  await tokenAfter();
  await world.client.delete(resources.serviceAccounts, robot);
  await world.settle();
  expect(await secret().catch(reasonOf)).toBe('NotFound');
});

it('takes a Secret that is gone off its account', async () => {
  await createAccount([{ name: 'robot-key' }, { name: 'other' }]);
  await createSecret();
  await tokenAfter();
  await world.client.delete(resources.secrets, key);
  await world.settle();
  const { secrets } = await world.client.get(resources.serviceAccounts, robot);
  expect(secrets).toEqual([{ name: 'other' }]);
});

it('leaves other Secrets alone', async () => {
  await world.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...key, annotations: { 'kubernetes.io/service-account.name': 'robot' } },
  });
  await world.settle();
  expect(world.sent).toEqual([]);
});
