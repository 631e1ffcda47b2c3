import { expect, it } from 'vitest';
import { SeededRandom } from '../base/random.ts';
import { HostedScheduler } from './hosted-scheduler.ts';
import { FragileServer } from './testing/fragile-server.ts';

const pods = '/api/v1/namespaces/default/pods';

it('schedules again after it could not keep its lease', async () => {
  const api = await FragileServer.start();
  const { server } = api;
  const create = async (path: string, body: object): Promise<void> => {
    expect(await server.request('POST', path, { body })).toMatchObject({ status: 201 });
  };
  const createPod = (name: string) =>
    create(pods, {
      metadata: { name },
      // Nobody says that the Node is ready.
      spec: {
        containers: [{ name: 'c', image: 'busybox' }],
        tolerations: [{ operator: 'Exists' }],
      },
    });
  const nodeOf = async (name: string) =>
    (
      (await server.request('GET', `${pods}/${name}`)).body['spec'] as {
        readonly nodeName?: string;
      }
    ).nodeName;
  const holder = async (): Promise<unknown> => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler';
    const { body } = await server.request('GET', path);
    return (body['spec'] as { readonly holderIdentity?: string } | undefined)?.holderIdentity;
  };
  await create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await create('/api/v1/nodes', { metadata: { name: 'n1' } });
  const allocatable = { cpu: '4', memory: '8Gi', pods: '110' };
  await server.request('PATCH', '/api/v1/nodes/n1/status', {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { status: { allocatable, capacity: allocatable } },
  });
  const errors: unknown[] = [];
  const scheduler = new HostedScheduler(server.clock, new SeededRandom(5), (error) =>
    errors.push(error),
  );
  const decided: string[] = [];
  await scheduler.start(api.open(), 'control-plane');
  await scheduler.onDecision(({ name }) => void decided.push(name));
  await createPod('before');
  await api.until(async () => (await nodeOf('before')) !== undefined);
  expect(await nodeOf('before')).toBe('n1');
  api.isDown = true;
  // Longer than a leader tries to renew.
  let seconds = 0;
  await api.until(() => ++seconds > 30);
  expect(errors).not.toEqual([]);
  api.isDown = false;
  await createPod('after');
  await api.until(async () => (await nodeOf('after')) !== undefined);
  expect(await nodeOf('after')).toBe('n1');
  expect(decided).toEqual(['before', 'after']);
  await scheduler.stop();
  expect(await holder()).toBeUndefined();
  await server.stop();
});
