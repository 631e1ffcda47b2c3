import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestServer, type Answer } from '../testing/test-server.ts';

const pods = '/api/v1/namespaces/default/pods';
const accounts = '/api/v1/namespaces/default/serviceaccounts';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
  const body = { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'default' } };
  await server.request('POST', accounts, { body });
});

afterEach(async () => {
  await server.stop();
});

function makePod(name: string, labels: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return server.request('POST', pods, {
    body: {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name, labels },
      spec: { containers: [{ name: 'main', image: 'busybox' }] },
    },
  });
}

function bind(name: string, node: string): Promise<Answer> {
  return server.request('POST', `${pods}/${name}/binding`, {
    body: {
      kind: 'Binding',
      apiVersion: 'v1',
      metadata: { name },
      target: { kind: 'Node', name: node },
    },
  });
}

async function run(name: string, ready = true): Promise<void> {
  await server.request('PATCH', `${pods}/${name}/status`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: {
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      },
    },
  });
}

describe('binding', () => {
  it('gives a Pod its node once', async () => {
    await makePod('a');
    expect((await bind('a', 'n1')).body).toMatchObject({ kind: 'Status', status: 'Success' });
    const { body } = await server.request('GET', `${pods}/a`);
    expect(body['spec']).toMatchObject({ nodeName: 'n1' });
    expect(body['status']).toMatchObject({
      conditions: [{ type: 'PodScheduled', status: 'True' }],
    });
    expect((await bind('a', 'n2')).body).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
    });
  });
});

describe('graceful deletion', () => {
  it('leaves a running Pod its time', async () => {
    await makePod('a');
    await bind('a', 'n1');
    await run('a');
    const first = await server.request('DELETE', `${pods}/a`);
    expect(first.body.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2023-11-14T22:13:50Z',
    });
    const shorter = await server.request('DELETE', `${pods}/a?gracePeriodSeconds=5`);
    expect(shorter.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 5 });
    await server.request('DELETE', `${pods}/a?gracePeriodSeconds=0`);
    expect((await server.request('GET', `${pods}/a`)).status).toBe(404);
  });
});

describe('eviction', () => {
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

  function evict(name: string): Promise<Answer> {
    return server.request('POST', `${pods}/${name}/eviction`, {
      body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name } },
    });
  }

  async function budget(allowed: number, spec: object = {}): Promise<void> {
    const { body } = await server.request('POST', budgets, {
      body: {
        kind: 'PodDisruptionBudget',
        apiVersion: 'policy/v1',
        metadata: { name: 'b' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec },
      },
    });
    const status = {
      observedGeneration: 1,
      disruptionsAllowed: allowed,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
    };
    await server.request('PUT', `${budgets}/b/status`, { body: { ...body, status } });
  }

  it('deletes a Pod nobody protects', async () => {
    await makePod('a');
    await run('a');
    expect((await evict('a')).status).toBe(201);
    expect((await server.request('GET', `${pods}/a`)).status).toBe(404);
  });

  it('respects budgets', async () => {
    await makePod('a', { app: 'web' });
    await run('a');
    await budget(0);
    expect((await evict('a')).body).toMatchObject({
      code: 429,
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [{ message: 'The disruption budget b needs 1 healthy pods and has 1 currently' }],
      },
    });
  });

  it('spends what a budget allows', async () => {
    await makePod('a', { app: 'web' });
    await run('a');
    await budget(1);
    expect((await evict('a')).status).toBe(201);
    const { body } = await server.request('GET', `${budgets}/b`);
    expect(body['status']).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { a: '2023-11-14T22:13:20Z' },
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
  });

  it('tells a Pod that is given time why it goes', async () => {
    await makePod('a');
    await bind('a', 'n1');
    await run('a');
    await evict('a');
    const { body } = await server.request('GET', `${pods}/a`);
    expect(body.metadata.deletionTimestamp).toBe('2023-11-14T22:13:50Z');
    expect(body['status']).toMatchObject({
      conditions: [
        { type: 'Ready', status: 'True' },
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
          message: 'Eviction API: evicting',
        },
      ],
    });
  });

  it('lets Pods go that are not ready when the budget always does, without spending it', async () => {
    await makePod('a', { app: 'web' });
    await run('a', false);
    await budget(0, { unhealthyPodEvictionPolicy: 'AlwaysAllow', minAvailable: 2 });
    const { body } = await server.request('GET', `${budgets}/b`);
    expect((await evict('a')).status).toBe(201);
    expect((await server.request('GET', `${budgets}/b`)).body['status']).toEqual(body['status']);
  });
});

describe('token', () => {
  it('stands for its service account until it expires', async () => {
    const { status, body } = await server.request('POST', `${accounts}/default/token`, {
      body: {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        spec: { expirationSeconds: 600 },
      },
    });
    expect(status).toBe(201);
    const { token } = body['status'] as { token: string };
    expect(decodeJwt(token)).toMatchObject({
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'default' } },
    });
    const ask = () =>
      server.request('GET', '/api/v1/nodes', {
        user: null,
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await ask()).body['message']).toContain(
      'User "system:serviceaccount:default:default" cannot list',
    );
    server.clock.advance(601_000);
    expect((await ask()).status).toBe(401);
  });

  it('goes with what it is bound to', async () => {
    await makePod('a');
    const { body } = await server.request('POST', `${accounts}/default/token`, {
      body: {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'a' } },
      },
    });
    const { token } = body['status'] as { token: string };
    const review = () =>
      server.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        body: {
          kind: 'TokenReview',
          apiVersion: 'authentication.k8s.io/v1',
          spec: { token },
        },
      });
    expect((await review()).body['status']).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:default' },
    });
    await server.request('DELETE', `${pods}/a`);
    expect((await review()).body['status']).toMatchObject({ error: '[invalid bearer token]' });
  });

  it('is not shorter than ten minutes', async () => {
    const { body } = await server.request('POST', `${accounts}/default/token`, {
      body: {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        spec: { expirationSeconds: 1 },
      },
    });
    expect(body['message']).toBe(
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
    );
  });
});

describe('scale', () => {
  const web = '/apis/apps/v1/namespaces/default/deployments/web';

  beforeEach(async () => {
    await server.request('POST', '/apis/apps/v1/namespaces/default/deployments', {
      body: {
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        metadata: { name: 'web' },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'main', image: 'nginx' }] },
          },
        },
      },
    });
  });

  it('is read and changed', async () => {
    const { body } = await server.request('GET', `${web}/scale`);
    expect(body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web' },
    });
    const put = await server.request('PUT', `${web}/scale`, {
      body: { ...body, spec: { replicas: 5 } },
    });
    expect(put.body['spec']).toEqual({ replicas: 5 });
    expect((await server.request('GET', web)).body['spec']).toMatchObject({ replicas: 5 });
    const before = (await server.request('GET', web)).body.metadata['resourceVersion'];
    const again = await server.request('PATCH', web, {
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
      body: { spec: { replicas: 5 } },
    });
    expect(again.body.metadata['resourceVersion']).toBe(before);
  });

  it('is never negative', async () => {
    const { body } = await server.request('PATCH', `${web}/scale`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { replicas: -1 } },
    });
    expect(body['message']).toBe(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
  });
});
