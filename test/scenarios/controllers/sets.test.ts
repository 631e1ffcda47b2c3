import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

const NODES = 3;

let cluster: KubectlCluster;
beforeAll(async () => {
  cluster = await startKubectlCluster(NODES);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(cluster.errors).toEqual([]);
});

const set = (kind: string, name: string, spec = ''): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - { name: c, image: "image:1", resources: { requests: { cpu: 100m } } }
${spec}`;

const print = (path: string, ...what: readonly string[]): Promise<string> =>
  cluster.kubectl('get', ...what, '-o', `jsonpath=${path}`);
const images = (app: string): Promise<string> =>
  print(
    '{.items[*].spec.containers[0].image}',
    'pods',
    '-l',
    `app=${app}`,
    '--sort-by=.metadata.name',
  );

/** Pods of an application as they come and go: `+web-0`, `-web-0`. */
async function follow(app: string): Promise<readonly string[]> {
  const seen: string[] = [];
  const pods = cluster.informers.of(resources.pods);
  await pods.synced;
  pods.addHandler({
    onAdd({ metadata }) {
      if (metadata.labels?.['app'] === app) seen.push(`+${metadata.name}`);
    },
    onDelete({ metadata }) {
      if (metadata.labels?.['app'] === app) seen.push(`-${metadata.name}`);
    },
  });
  return seen;
}

it('a StatefulSet starts in order, is updated from the end, goes back, and shrinks in reverse', async () => {
  const { apply, kubectl } = cluster;
  const seen = await follow('web');
  await apply(set('StatefulSet', 'web', '  serviceName: web\n  replicas: 3'));
  await kubectl('rollout', 'status', 'sts/web', '--timeout=240s');
  expect(seen).toEqual(['+web-0', '+web-1', '+web-2']);

  const partition = (from: number): string =>
    JSON.stringify({ spec: { updateStrategy: { rollingUpdate: { partition: from } } } });
  await kubectl('patch', 'sts', 'web', '-p', partition(2));
  await kubectl('set', 'image', 'sts/web', 'c=image:2');
  expect(await kubectl('rollout', 'status', 'sts/web', '--timeout=240s')).toContain(
    'partitioned roll out complete: 1 new pods have been updated...',
  );
  expect(await images('web')).toBe('image:1 image:1 image:2');
  await kubectl('patch', 'sts', 'web', '-p', partition(0));
  await kubectl('rollout', 'status', 'sts/web', '--timeout=240s');
  expect(await images('web')).toBe('image:2 image:2 image:2');
  expect(seen.slice(3)).toEqual(['-web-2', '+web-2', '-web-1', '+web-1', '-web-0', '+web-0']);

  expect(await kubectl('rollout', 'history', 'sts/web')).toMatch(/REVISION .*\n1 .*\n2 /);
  await kubectl('rollout', 'undo', 'sts/web');
  await kubectl('rollout', 'status', 'sts/web', '--timeout=240s');
  expect(await images('web')).toBe('image:1 image:1 image:1');
  expect(await kubectl('rollout', 'history', 'sts/web')).toMatch(/REVISION .*\n2 .*\n3 /);

  await kubectl('scale', 'sts/web', '--replicas=1');
  await kubectl('wait', '--for=jsonpath={.status.replicas}=1', 'sts/web', '--timeout=240s');
  expect(seen.slice(-2)).toEqual(['-web-2', '-web-1']);
  expect(await kubectl('describe', 'sts', 'web')).toMatch(
    /Normal +SuccessfulDelete +\S+ +(?:\(.*\) +)?statefulset-controller +[Dd]elete Pod web-2 in StatefulSet web successful/,
  );
});

it('a DaemonSet is on each node, is updated node by node, goes back, and leaves tainted nodes', async () => {
  const { apply, kubectl } = cluster;
  await apply(set('DaemonSet', 'agent'));
  await kubectl('rollout', 'status', 'ds/agent', '--timeout=240s');
  expect(await kubectl('get', 'ds', 'agent', '--no-headers')).toMatch(
    /^agent +3 +3 +3 +3 +3 +<none> /,
  );
  const nodes = await print('{.items[*].spec.nodeName}', 'pods', '-l', 'app=agent');
  expect(new Set(nodes.split(' ')).size).toBe(NODES);

  await kubectl('set', 'image', 'ds/agent', 'c=image:2');
  await kubectl('rollout', 'status', 'ds/agent', '--timeout=240s');
  expect(await images('agent')).toBe('image:2 image:2 image:2');
  await kubectl('rollout', 'undo', 'ds/agent', '--to-revision=1');
  await kubectl('rollout', 'status', 'ds/agent', '--timeout=240s');
  expect(await images('agent')).toBe('image:1 image:1 image:1');

  const [node = ''] = nodes.split(' ');
  await kubectl('taint', 'nodes', node, 'broken=yes:NoExecute');
  await kubectl(
    'wait',
    '--for=jsonpath={.status.currentNumberScheduled}=2',
    'ds/agent',
    '--timeout=240s',
  );
  expect(await print('{.items[*].spec.nodeName}', 'pods', '-l', 'app=agent')).not.toContain(node);
  await kubectl('taint', 'nodes', node, 'broken-');
  await kubectl('wait', '--for=jsonpath={.status.numberReady}=3', 'ds/agent', '--timeout=240s');
});

/** The metrics API as a custom resource: what Pods use is what somebody applied. */
const METRICS_API = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: pods.metrics.k8s.io
  annotations: { api-approved.kubernetes.io: "unapproved, for a test" }
spec:
  group: metrics.k8s.io
  scope: Namespaced
  names: { plural: pods, singular: pod, kind: PodMetrics, listKind: PodMetricsList }
  versions:
    - name: v1beta1
      served: true
      storage: true
      schema:
        openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true }
`;

const usage = (pod: string, cpu: string): string => `
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: { name: ${pod}, labels: { app: worker } }
timestamp: "2100-01-01T00:00:00Z"
window: 30s
containers: [{ name: c, usage: { cpu: ${cpu}, memory: 1Mi } }]
---`;

it('a HorizontalPodAutoscaler follows the metrics up and down', async () => {
  const { apply, kubectl } = cluster;
  await apply(METRICS_API);
  await kubectl('wait', '--for=condition=Established', 'crd/pods.metrics.k8s.io', '--timeout=240s');
  await apply(set('StatefulSet', 'worker', '  serviceName: worker\n  replicas: 1'));
  await kubectl('rollout', 'status', 'sts/worker', '--timeout=240s');
  await apply(usage('worker-0', '300m'));
  await apply(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: worker }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: worker }
  minReplicas: 1
  maxReplicas: 3
  metrics:
    - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 100 } } }
  behavior: { scaleDown: { stabilizationWindowSeconds: 0 } }
`);
  await kubectl('rollout', 'status', 'sts/worker', '--timeout=240s');
  await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'sts/worker', '--timeout=240s');
  await apply(['worker-0', 'worker-1', 'worker-2'].map((pod) => usage(pod, '10m')).join(''));
  await kubectl('wait', '--for=jsonpath={.status.replicas}=1', 'sts/worker', '--timeout=240s');
  const described = await kubectl('describe', 'hpa', 'worker');
  expect(described).toMatch(
    /resource cpu on pods +\(as a percentage of request\): +10% \(10m\) \/ 100%/,
  );
  expect(described).toMatch(
    /Normal +SuccessfulRescale +\S+ +horizontal-pod-autoscaler +New size: 3; reason: cpu resource utilization \(percentage of request\) above target/,
  );
  expect(described).toMatch(
    /Normal +SuccessfulRescale +\S+ +horizontal-pod-autoscaler +New size: 1; reason: All metrics below target/,
  );
});
