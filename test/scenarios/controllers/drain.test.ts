import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

let cluster: KubectlCluster;
beforeAll(async () => {
  cluster = await startKubectlCluster(3);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(cluster.errors).toEqual([]);
});

const web = (replicas: number, minAvailable: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: c, image: nginx }]
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway,
            labelSelector: { matchLabels: { app: web } } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec:
  minAvailable: ${minAvailable}
  selector: { matchLabels: { app: web } }
`;

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ===
    true;

const allowed = (count: number): Promise<string> =>
  cluster.kubectl(
    'wait',
    `--for=jsonpath={.status.disruptionsAllowed}=${count}`,
    'pdb/web',
    '--timeout=240s',
  );

it('a drain goes no faster than the budget allows, and does not finish while it allows nothing', async () => {
  const { apply, informers, kubectl, tryKubectl } = cluster;
  await apply(web(6, 6));
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=240s');
  await allowed(0);
  const node = 'hollow-0000';
  const on = ['get', 'pods', '-l', 'app=web', '-o', 'name', '--field-selector'];
  const before = (await kubectl(...on, `spec.nodeName=${node}`)).trim().split('\n');
  expect(before[0]).toMatch(/^pod\/web-/);

  const refused = await tryKubectl('drain', node, '--timeout=1s');
  expect(refused.code).toBe(1);
  expect(refused.out).toContain(`node/${node} cordoned`);
  expect(refused.error).toContain(
    "Cannot evict pod as it would violate the pod's disruption budget.",
  );
  expect((await kubectl(...on, `spec.nodeName=${node}`)).trim().split('\n')).toEqual(before);

  await kubectl('patch', 'pdb', 'web', '-p', '{"spec":{"minAvailable":5}}');
  await allowed(1);
  const pods = informers.of(resources.pods);
  await pods.synced;
  let fewest = Infinity;
  const count = (): void => {
    fewest = Math.min(fewest, pods.store.list('default').filter(isReady).length);
  };
  const watching = pods.addHandler({ onUpdate: count, onDelete: count });
  const drained = await kubectl('drain', node, '--timeout=120s');
  expect(drained).toContain(`node/${node} drained`);
  watching.dispose();
  expect(fewest).toBe(5);
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=240s');
  expect(await kubectl(...on, `spec.nodeName=${node}`)).toBe('');
  expect(await kubectl('get', 'pdb', 'web', '--no-headers')).toMatch(/^web +5 +N\/A +1 /);

  await kubectl('uncordon', node);
  expect(await kubectl('get', 'node', node, '--no-headers')).toMatch(/^hollow-0000 +Ready +<none>/);
});
