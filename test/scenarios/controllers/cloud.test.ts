import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../../engine/cluster/cluster.node.ts';
import { kubernetesTools } from '../../parity/kubernetes/kubernetes-tools.ts';

const run = promisify(execFile);
const errors: unknown[] = [];
let home: string;
let tools: string;
let cluster: Cluster;

async function start(): Promise<void> {
  cluster = await startCluster({
    port: 0,
    hollow: 2,
    hollowReadyAfter: 0,
    data: path.join(home, 'data'),
    cloudPort: 0,
    onError: (error) => errors.push(error),
  });
  await writeFile(path.join(home, 'kubeconfig'), cluster.kubeconfig);
}
beforeAll(async () => {
  [tools = ''] = await kubernetesTools();
  home = await mkdtemp(path.join(os.tmpdir(), 'drydock-cloud-'));
  await start();
});
afterAll(async () => {
  await cluster.close();
  await rm(home, { recursive: true });
  expect(errors).toEqual([]);
});

async function kubectl(...argv: readonly string[]): Promise<string> {
  const env = { KUBECONFIG: path.join(home, 'kubeconfig'), HOME: home, PATH: '/usr/bin:/bin' };
  return (await run(path.join(tools, 'kubectl'), argv, { env })).stdout;
}

async function cloud(method: string, what: string): Promise<{ readonly items: readonly object[] }> {
  const response = await fetch(`${cluster.cloudUrl}${what}`, { method });
  expect(response.ok).toBe(true);
  return (await response.json()) as { readonly items: readonly object[] };
}

const address = () =>
  kubectl('get', 'service', 'web', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}');

async function exposeWeb(): Promise<void> {
  await kubectl('expose', 'deployment', 'web', '--type=LoadBalancer', '--port=80');
  const ingress = 'jsonpath={.status.loadBalancer.ingress}';
  await kubectl('wait', 'service/web', `--for=${ingress}`, '--timeout=240s');
}

it('gives a LoadBalancer Service an address, and takes it away', async () => {
  await kubectl('create', 'deployment', 'web', '--image=nginx');
  await exposeWeb();
  expect(await address()).toBe('203.0.113.1');
  expect((await cloud('GET', '/load-balancers')).items).toMatchObject([
    { address: '203.0.113.1', healthyMachines: ['hollow-0000', 'hollow-0001'] },
  ]);
  await kubectl('delete', 'service', 'web');
  expect((await cloud('GET', '/load-balancers')).items).toEqual([]);
  const said = await kubectl('get', 'events', '-o', 'jsonpath={.items[*].reason}');
  for (const reason of ['EnsuredLoadBalancer', 'DeletedLoadBalancer'])
    expect(said.split(' ')).toContain(reason);
});

it('has what it had after a restart', async () => {
  await exposeWeb();
  const before = await cloud('GET', '/load-balancers');
  await cluster.close();
  await start();
  expect(await cloud('GET', '/load-balancers')).toEqual(before);
  expect(await address()).toBe('203.0.113.1');
});

it('takes the Node of a machine that is removed away', async () => {
  const place = '{.metadata.labels.topology\\.kubernetes\\.io/zone} {.spec.providerID}';
  const said = await kubectl('get', 'node', 'hollow-0001', '-o', `jsonpath=${place}`);
  const [zone, providerId = ''] = said.split(' ');
  expect(zone).toBe('harbor-1b');
  const id = providerId.split('/').at(-1);
  await cloud('DELETE', `/machines/${id}`);
  await kubectl('wait', '--for=delete', 'node/hollow-0001', '--timeout=240s');
  expect((await kubectl('get', 'nodes', '-o', 'name')).trim()).toBe('node/hollow-0000');
  expect((await cloud('GET', '/load-balancers')).items).toMatchObject([
    { machines: ['hollow-0000'] },
  ]);
});
