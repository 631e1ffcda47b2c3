/** A cluster that is saved as a whole, and goes on elsewhere: judged by kubectl. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import {
  startMachineCluster,
  type NodeMachineCluster,
} from '../../engine/cluster/machine-cluster.node.ts';
import { readClusterFile } from '../../engine/cluster/saved/cluster-file.ts';
import type { SavedCluster } from '../../engine/cluster/saved/saved-cluster.ts';
import { kubernetesTools } from '../parity/kubernetes/kubernetes-tools.ts';

const directory = await mkdtemp(path.join(tmpdir(), 'drydock-saved-cluster-'));
const kubeconfig = path.join(directory, 'kubeconfig');
const tools = await kubernetesTools();
let running: NodeMachineCluster | undefined;
afterAll(async () => {
  await running?.close();
  await rm(directory, { recursive: true });
});

async function start(saved?: SavedCluster): Promise<NodeMachineCluster> {
  const errors: unknown[] = [];
  running = await startMachineCluster({
    nodes: 1,
    port: 0,
    hollow: 0,
    hollowReadyAfter: 0,
    ...(saved === undefined ? {} : { saved }),
    onError: (error) => errors.push(error),
  });
  await writeFile(kubeconfig, running.kubeconfig, { mode: 0o600 });
  return running;
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    PATH: [...tools, process.env['PATH']].join(path.delimiter),
  };
  const { stdout } = await promisify(execFile)('kubectl', [...args], { env });
  return stdout.trimEnd();
}

/** Everything that has been made, with its identity. */
const objects = (): Promise<string> =>
  kubectl(
    'get',
    'deployments,replicasets,pods,services,configmaps,secrets,serviceaccounts,nodes',
    '-A',
    '-o',
    'custom-columns=KIND:.kind,NAME:.metadata.name,UID:.metadata.uid,CREATED:.metadata.creationTimestamp',
  );

/** Identity and restarts of the container of the only Pod that is called so. */
const container = (label: string): Promise<string> =>
  kubectl(
    'get',
    'pods',
    '-A',
    '-l',
    label,
    '-o',
    'jsonpath={.items[*].status.containerStatuses[*].containerID} {.items[*].status.containerStatuses[*].restartCount}',
  );

it('goes on with everything that was there, and works', async () => {
  const first = await start();
  await kubectl('create', 'configmap', 'kept', '--from-literal=colour=green');
  await kubectl('create', 'deployment', 'web', '--image=nginx');
  await kubectl('expose', 'deployment', 'web', '--port=80');
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=300s');
  await kubectl('-n', 'kube-system', 'rollout', 'status', 'deployment/coredns');
  const before = {
    objects: await objects(),
    web: await container('app=web'),
    dns: await container('k8s-app=kube-dns'),
  };
  expect(before.web).toMatch(/^\S+ 0$/);
  const file = await first.cluster.save();
  // It was only held up.
  expect(await objects()).toBe(before.objects);
  await first.close();

  const second = await start(await readClusterFile(file));
  expect(await objects()).toBe(before.objects);
  expect(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.colour}')).toBe('green');
  expect(await kubectl('get', 'nodes', '--no-headers')).toMatch(/^control-plane +Ready /);
  const address = await kubectl(
    'get',
    'pods',
    '-l',
    'app=web',
    '-o',
    'jsonpath={.items[0].status.podIP}',
  );
  const page = await second.cluster.run('control-plane', `curl -s --max-time 30 http://${address}`);
  expect(page).toContain('Welcome to nginx!');
  // A new Pod starts, and finds the Service by its name.
  const script = 'until wget -qO- http://web | grep Welcome; do sleep 1; done';
  await kubectl('run', 'new', '--image=busybox', '--restart=Never', '--', 'sh', '-c', script);
  await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/new', '--timeout=300s');
  // Who leads decides anew what runs.
  await kubectl('scale', 'deployment/web', '--replicas=2');
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=300s');
  expect(await container('k8s-app=kube-dns')).toBe(before.dns);
  expect(await container('app=web')).toContain(before.web.split(' ')[0]);
  expect(
    await kubectl(
      'get',
      'pods',
      '-A',
      '-o',
      'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
    ),
  ).toMatch(/^0( 0)*$/);
});
