import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClusterOptions } from '../../../engine/cluster/cluster.node.ts';
import { spawnComponents } from '../../../engine/cluster/node-components.node.ts';
import type { WorkerLink } from '../../../engine/rpc/worker-link.ts';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

let cluster: KubectlCluster;
const workers: WorkerLink[] = [];
const noted = (spawn: () => WorkerLink) => (): WorkerLink => {
  const link = spawn();
  workers.push(link);
  return link;
};
const spawn: ClusterOptions['spawn'] = {
  scheduler: noted(spawnComponents.scheduler),
  controllers: noted(spawnComponents.controllers),
  hollow: noted(spawnComponents.hollow),
};

beforeAll(async () => {
  cluster = await startKubectlCluster(4, {
    managerFlags: { nodeMonitorPeriod: 500, nodeMonitorGracePeriod: 3000 },
    spawn,
  });
});
afterAll(() => cluster[Symbol.asyncDispose]());

const deployment = (name: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 4
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers: [{ name: c, image: web }]
      tolerations:
        - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1 }
        - { key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 1 }
`;

it('moves the Pods of a node that falls silent to others, and takes it back', async () => {
  const { kubectl, apply } = cluster;
  await apply(deployment('web'));
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=240s');
  const nodesOf = async (): Promise<string[]> => {
    const out = await kubectl(
      'get',
      'pods',
      '-l=app=web',
      '-o=go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{.spec.nodeName}} {{end}}{{end}}',
    );
    return out.trim().split(' ');
  };
  const [silent = ''] = await nodesOf();
  await kubectl('annotate', 'node', silent, 'hollow.drydock.dev/down=true');
  await kubectl('wait', `node/${silent}`, '--for=condition=Ready=Unknown', '--timeout=240s');
  const node = await kubectl('describe', 'node', silent);
  expect(node).toContain('Kubelet stopped posting node status.');
  expect(node).toContain('node.kubernetes.io/unreachable:NoSchedule');
  await expect.poll(nodesOf, { timeout: 240_000 }).not.toContain(silent);
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=240s');
  expect(await nodesOf()).toHaveLength(4);
  const events = await kubectl('get', 'events', '-o=custom-columns=R:.reason,M:.message');
  expect(events).toContain('Marking for deletion Pod default/web-');
  expect(events).toContain(`Node ${silent} status is now: NodeNotReady`);
  await kubectl('annotate', 'node', silent, 'hollow.drydock.dev/down-');
  await kubectl('wait', `node/${silent}`, '--for=condition=Ready', '--timeout=240s');
  const taints = () => kubectl('get', 'node', silent, '-o=jsonpath={.spec.taints}');
  await expect.poll(taints, { timeout: 240_000 }).toBe('');
});

it('goes on when all its components die: nothing that was acknowledged is lost', async () => {
  const { kubectl, apply, errors } = cluster;
  await apply(deployment('before'));
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  await apply(deployment('after'));
  // Leases of those that died have to run out first.
  for (const name of ['before', 'after'])
    await kubectl('rollout', 'status', `deployment/${name}`, '--timeout=240s');
  expect(workers).toHaveLength(3);
  const ended = errors.map(String).filter((error) => error.includes('is started again'));
  expect(ended.toSorted()).toEqual([
    'Error: hollow nodes has ended and is started again.',
    'Error: kube-controller-manager has ended and is started again.',
    'Error: kube-scheduler has ended and is started again.',
  ]);
});
