import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import { service, slice } from '../../../engine/kube-proxy/testing/cluster-objects.ts';
import type { ServiceSpec } from '../../../engine/objects/generated/core-v1.generated.ts';
import type { NetworkPolicySpec } from '../../../engine/objects/generated/networking-v1.generated.ts';
import { twoNodes, type TestNode, type TestPod } from './two-nodes.ts';

/**
 * Real packets between network namespaces of two real kernels, through the rules that kube-proxy and the node's
 * network write there. Only the API server is one in memory.
 */
let cluster: Awaited<ReturnType<typeof twoNodes>>;
let one: TestNode;
let two: TestNode;
/** `client` and `near` are on worker-1, `far` on worker-2 */
let client: TestPod;
let near: TestPod;
let far: TestPod;

/** Answers with the Pod's name, on TCP port 8080 and UDP port 53. Several wait, so that one always does. */
const serve = ({ name, sh }: TestPod) =>
  sh(
    [
      ...Array<string>(3).fill(
        `(while :; do echo ${name} | nc -N -l 8080; done >/dev/null 2>&1 </dev/null &)`,
      ),
      `(while :; do echo ${name} | nc -u -W 1 -l 53; done >/dev/null 2>&1 </dev/null &)`,
    ].join('; '),
  );

/** Who answers, or the status that nc ends with. */
const ask = (from: { sh(command: string): Promise<string> }, address: string, port = 80) =>
  from.sh(`nc -d -w 2 ${address} ${port} || echo failed $?`);
const host = ({ machine }: TestNode) => ({
  sh: (command: string) => machine.sh(`${command}; true`),
});

beforeAll(async () => {
  cluster = await twoNodes();
  [one, two] = cluster.nodes;
});
afterAll(() => cluster.end());

const create = async (name: string, spec: Partial<ServiceSpec>, pods: readonly string[]) => {
  await cluster.client.create(resources.services, service(name, spec));
  await cluster.client.create(resources.endpointSlices, slice(name, pods, { port: 8080 }));
};
const nearAt = () => `${near.address}@worker-1`;
const farAt = () => `${far.address}@worker-2`;

test('Pods can be connected once their nodes are set up', async () => {
  for (const { machine } of cluster.nodes)
    await expect.poll(() => machine.agent.call('cni.status', {})).toMatchObject({ ready: true });
  client = await one.addPod('client', { app: 'client' });
  near = await one.addPod('near', { app: 'web' });
  far = await two.addPod('far', { app: 'web' });
  await serve(near);
  await serve(far);
});

test('Pods reach each other on one node and across nodes', async () => {
  expect(near.address).toMatch(/^10\.244\.1\./);
  expect(far.address).toMatch(/^10\.244\.2\./);
  expect(await ask(client, near.address, 8080)).toBe('near');
  await expect.poll(() => ask(client, far.address, 8080)).toBe('far');
  await expect.poll(() => ask(far, near.address, 8080)).toBe('near');
});

describe('Services', () => {
  test('balance over all endpoints', async () => {
    await create('web', { clusterIP: '10.96.0.20' }, [nearAt(), farAt()]);
    await expect.poll(() => ask(client, '10.96.0.20')).toMatch(/near|far/);
    const answers = new Set<string>();
    for (let count = 0; count < 16; count++) answers.add(await ask(client, '10.96.0.20'));
    expect([...answers].toSorted()).toEqual(['far', 'near']);
    // Processes of the node itself as well.
    expect(await ask(host(two), '10.96.0.20')).toMatch(/near|far/);
  });

  test('are reached by their own endpoints', async () => {
    await create('self', { clusterIP: '10.96.0.21' }, [nearAt()]);
    await expect.poll(() => ask(near, '10.96.0.21')).toBe('near');
  });

  test('refuse without endpoints, and at ports that they do not have', async () => {
    await create('empty', { clusterIP: '10.96.0.22' }, []);
    await expect.poll(() => client.sh('nc -d -w 2 -v 10.96.0.22 80 2>&1')).toContain('refused');
    expect(await client.sh('nc -d -w 2 -v 10.96.0.20 81 2>&1')).toContain('refused');
    expect(await client.sh('nc -d -w 1 -v 10.96.9.9 80 2>&1')).toContain('timed out');
  });

  test('keep a client at its endpoint when asked to', async () => {
    const spec = {
      clusterIP: '10.96.0.23',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    } as const;
    await create('sticky', spec, [nearAt(), farAt()]);
    await expect.poll(() => ask(client, '10.96.0.23')).toMatch(/near|far/);
    const answers = new Set<string>();
    for (let count = 0; count < 8; count++) answers.add(await ask(client, '10.96.0.23'));
    expect(answers.size).toBe(1);
  });

  test('with internal policy Local stay on the node, and drop where there is nothing', async () => {
    const spec = { clusterIP: '10.96.0.24', internalTrafficPolicy: 'Local' } as const;
    await create('local', spec, [farAt()]);
    await expect.poll(() => ask(far, '10.96.0.24')).toBe('far');
    await expect.poll(() => client.sh('nc -d -w 1 -v 10.96.0.24 80 2>&1')).toContain('timed out');
  });

  test('are open at a port of every node', async () => {
    const ports = [{ port: 80, nodePort: 30080 }];
    await create('open', { type: 'NodePort', clusterIP: '10.96.0.25', ports }, [farAt()]);
    await expect.poll(() => ask(host(two), one.address, 30080)).toBe('far');
    expect(await ask(host(one), one.address, 30080)).toBe('far');
    expect(await ask(host(one), two.address, 30080)).toBe('far');
    expect(await ask(client, two.address, 30080)).toBe('far');
  });

  test('with external policy Local answer only where they have endpoints', async () => {
    const spec = {
      type: 'NodePort',
      clusterIP: '10.96.0.26',
      externalTrafficPolicy: 'Local',
      ports: [{ port: 80, nodePort: 30081 }],
    } as const;
    await create('here', spec, [nearAt()]);
    await expect.poll(() => ask(host(two), one.address, 30081)).toBe('near');
    expect(await host(one).sh(`nc -d -w 1 -v ${two.address} 30081 2>&1`)).toContain('timed out');
    // From the node itself any endpoint will do.
    expect(await ask(host(two), two.address, 30081)).toBe('near');
  });

  test('lead UDP clients that never stop to another endpoint when theirs is gone', async () => {
    const udp = { port: 53, portName: 'dns', protocol: 'UDP' } as const;
    const spec = {
      clusterIP: '10.96.0.27',
      ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
    } as const;
    await cluster.client.create(resources.services, service('dns', spec));
    const known = await cluster.client.create(
      resources.endpointSlices,
      slice('dns', [nearAt()], udp),
    );
    const query = () => client.sh('echo who | nc -u -p 5000 -w 1 10.96.0.27 53');
    await expect.poll(query).toBe('near');
    const { endpoints = [] } = slice('dns', [farAt()], udp);
    await cluster.client.update(resources.endpointSlices, { ...known, endpoints });
    await expect.poll(query).toBe('far');
  });
});

describe('NetworkPolicies', () => {
  const isolate = (name: string, spec: NetworkPolicySpec) =>
    cluster.client.create(resources.networkPolicies, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: 'shop' },
      spec,
    });
  const lift = (name: string) =>
    cluster.client.delete(resources.networkPolicies, { namespace: 'shop', name });
  const web = { matchLabels: { app: 'web' } };

  test('keep everybody out but the node itself', async () => {
    await isolate('nothing', { podSelector: web, policyTypes: ['Ingress'] });
    await expect.poll(() => ask(client, near.address, 8080)).toContain('failed');
    await expect.poll(() => ask(client, far.address, 8080)).toContain('failed');
    expect(await ask(host(one), near.address, 8080)).toBe('near');
    expect(await ask(host(two), near.address, 8080)).toContain('failed');
    expect(await ask(near, '10.96.0.21')).toBe('near');
  });

  test('let in whom another allows, also through a Service', async () => {
    await isolate('client', {
      podSelector: web,
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { app: 'client' } } }],
          ports: [{ port: 'http' }],
        },
      ],
    });
    await expect.poll(() => ask(client, near.address, 8080)).toBe('near');
    await expect.poll(() => ask(client, far.address, 8080)).toBe('far');
    await expect.poll(() => ask(client, '10.96.0.20')).toMatch(/near|far/);
    expect(await ask(far, near.address, 8080)).toContain('failed');
    await lift('nothing');
    expect(await ask(far, near.address, 8080)).toContain('failed');
    await lift('client');
    await expect.poll(() => ask(far, near.address, 8080)).toBe('near');
  });

  test('know blocks of addresses with exceptions', async () => {
    const cidr = '10.244.0.0/16';
    await isolate('block', {
      podSelector: web,
      ingress: [{ from: [{ ipBlock: { cidr, except: [`${client.address}/32`] } }] }],
    });
    await expect.poll(() => ask(client, near.address, 8080)).toContain('failed');
    expect(await ask(far, near.address, 8080)).toBe('near');
    await lift('block');
    await expect.poll(() => ask(client, near.address, 8080)).toBe('near');
  });

  test('limit what Pods send', async () => {
    await isolate('out', {
      podSelector: { matchLabels: { app: 'client' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: `${far.address}/32` } }] }],
    });
    await expect.poll(() => ask(client, near.address, 8080)).toContain('failed');
    expect(await ask(client, far.address, 8080)).toBe('far');
    expect(await ask(near, client.address, 9999)).toContain('failed');
    await lift('out');
    await expect.poll(() => ask(client, near.address, 8080)).toBe('near');
  });
});

test('a node that is left has nothing of it in its kernel', async () => {
  await one.leave();
  const tables = await one.machine.sh('nft list tables');
  expect(tables).not.toMatch(/kube-proxy|drydock-network|drydock-policies/);
  expect(await one.machine.sh('ip route show proto 104')).toBe('');
  expect((await one.machine.agent.call('cni.status', {})).ready).toBe(false);
});
