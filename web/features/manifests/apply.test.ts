import { beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../../../engine/apiserver/testing/test-server.ts';
import { FakeClock } from '../../../engine/base/fake-clock.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import { applyPlan, planApply } from './apply.ts';

const deployment = (replicas: number, image = 'nginx'): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: ${image}
`;

let client: Client;
beforeAll(async () => {
  const { server } = await TestServer.start();
  const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
  client = new Client({
    transport: async (request) => {
      const answer = await server.handle(request, {
        remoteAddress: '127.0.0.1',
        clientCertificates: [],
        user,
      });
      if ('takeOver' in answer) throw new TypeError('This upgrades.');
      return answer;
    },
    clock: new FakeClock(),
    userAgent: 'test/1',
  });
});

describe('a text', () => {
  it('is shown as what it would change, and changes that', async () => {
    const [created] = await planApply(client, deployment(2));
    expect(created).toMatchObject({ title: 'deployment.apps/web', change: 'created', before: '' });
    await applyPlan(client, created === undefined ? [] : [created]);
    expect((await planApply(client, deployment(2))).map(({ change }) => change)).toEqual([
      'unchanged',
    ]);
    const plan = await planApply(client, deployment(3));
    expect(plan).toMatchObject([
      {
        change: 'configured',
        before: expect.stringContaining('replicas: 2') as string,
        after: expect.stringContaining('replicas: 3') as string,
      },
    ]);
    await applyPlan(client, plan);
    const found = await client.get(resources.deployments, { namespace: 'default', name: 'web' });
    expect(found.spec?.replicas).toBe(3);
  });

  it('may make a namespace and what is in it', async () => {
    const text =
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: prices, namespace: shop }\n';
    const plan = await planApply(client, text);
    expect(plan.map(({ title, change }) => `${title} ${change}`)).toEqual([
      'namespace/shop created',
      'configmap/prices created',
    ]);
    await applyPlan(client, plan);
    expect((await planApply(client, text)).map(({ change }) => change)).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });

  it.each([
    [
      'a field that is unknown',
      deployment(1).replace('replicas:', 'replica:'),
      '.spec.replica: field not declared in schema',
    ],
    ['a value that is impossible', deployment(-1), 'spec.replicas: Invalid value: -1'],
    [
      'a kind that is not served',
      'apiVersion: v1\nkind: Pot\nmetadata: { name: x }',
      'The cluster has no kind Pot in v1.',
    ],
    [
      'a namespace that is not there',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: nowhere }',
      'namespaces "nowhere" not found',
    ],
  ])('with %s is refused', async (_what, text, message) => {
    await expect(planApply(client, text)).rejects.toThrow(message);
  });
});
