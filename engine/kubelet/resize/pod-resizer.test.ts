import { beforeEach, expect, it } from 'vitest';
import type {
  ContainerResizePolicy,
  Pod,
  ResourceRequirements,
} from '../../objects/generated/core-v1.generated.ts';
import type { LinuxContainerResources } from '../../runtime/cri/types.ts';
import { containerResources } from '../config/container-resources.ts';
import type { RuntimePod } from '../contracts.ts';
import { TestContext, testPod } from '../testing/test-context.ts';
import { PodResizer } from './pod-resizer.ts';

const facts = { memoryCapacity: 2 ** 28, cpuCfsQuota: true, cpuCfsQuotaPeriod: 100_000 };
const small: ResourceRequirements = {
  requests: { cpu: '100m', memory: '16Mi' },
  limits: { cpu: '200m', memory: '32Mi' },
};
const large: ResourceRequirements = {
  requests: { cpu: '200m', memory: '32Mi' },
  limits: { cpu: '400m', memory: '64Mi' },
};

let context: TestContext;
let resizer: PodResizer;
let updates: string[];
let usageBytes: number;
let has: LinuxContainerResources;
beforeEach(() => {
  context = new TestContext();
  updates = [];
  usageBytes = 2 ** 20;
  const cri = {
    updateContainerResources: (id: string, resources: LinuxContainerResources) => {
      updates.push(
        `${id} ${resources.cpuShares} ${resources.cpuQuota} ${resources.memoryLimitInBytes}`,
      );
      has = resources;
      return Promise.resolve();
    },
    containerStats: () => Promise.resolve({ memory: { usageBytes } }),
  };
  const parts = {
    configs: {
      resources: (pod: Pod, container: Pod['spec']['containers'][number]) =>
        containerResources(pod, container, facts),
    },
    cgroups: { ensure: () => Promise.resolve(void updates.push('cgroup')) },
  };
  resizer = new PodResizer(
    Object.assign(Object.create(context) as TestContext, { cri }),
    parts as unknown as ConstructorParameters<typeof PodResizer>[1],
  );
});

function podWith(
  resources: ResourceRequirements,
  resizePolicy: readonly ContainerResizePolicy[] = [],
): Pod {
  return testPod(
    { containers: [{ name: 'web', image: 'nginx', resources, resizePolicy }] },
    { generation: 2 },
  );
}

function running(): RuntimePod {
  const container = { id: 'c1', name: 'web', state: 'CONTAINER_RUNNING', resources: has };
  return { uid: 'uid-1', containers: [container] } as unknown as RuntimePod;
}

/** The Pod was there before with `resources`. */
function begin(resources: ResourceRequirements): void {
  const pod = resizer.decide(podWith(resources), () => undefined);
  const [container] = pod.spec.containers;
  if (container !== undefined) has = containerResources(pod, container, facts);
}

it('changes what a container has while it runs, the cgroup of its Pod first', async () => {
  begin(small);
  const pod = resizer.decide(podWith(large), () => undefined);
  expect(resizer.conditions('uid-1')).toEqual([{ type: 'PodResizeInProgress', status: 'True' }]);
  await resizer.apply(pod, running());
  expect(updates).toEqual(['cgroup', `c1 204 40000 ${64 * 2 ** 20}`]);
  expect(resizer.conditions('uid-1')).toEqual([]);
  const text = JSON.stringify({ containers: [{ name: 'web', resources: large }], generation: 2 });
  expect(context.recorded).toEqual([
    `Normal ResizeStarted Pod resize started: ${text}`,
    `Normal ResizeCompleted Pod resize completed: ${text}`,
  ]);
});

it('keeps to what was given while the node has no more, and says why once', () => {
  begin(small);
  const message = "Node didn't have enough resource: cpu, requested: 200, used: 0, capacity: 100";
  for (let times = 0; times < 2; times++) {
    const pod = resizer.decide(podWith(large), () => ({ reason: 'OutOfcpu', message }));
    expect(pod.spec.containers[0]?.resources).toEqual(small);
  }
  expect(resizer.conditions('uid-1')).toEqual([
    { type: 'PodResizePending', status: 'True', reason: 'Deferred', message },
  ]);
  expect(context.recorded).toHaveLength(1);
  resizer.decide(podWith(small), () => ({ reason: '', message: 'not asked' }));
  expect(resizer.conditions('uid-1')).toEqual([]);
});

it('starts a container anew where its policy says so', async () => {
  begin(small);
  const policy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
  const pod = resizer.decide(podWith(large, policy), () => undefined);
  const [container] = pod.spec.containers;
  const [found] = running().containers;
  if (container === undefined || found === undefined) throw new Error('no container');
  expect(resizer.needsRestart(pod, container, found)).toBe(true);
  await resizer.apply(pod, running());
  expect(updates).toEqual(['cgroup']);
  expect(resizer.conditions('uid-1')).toEqual([{ type: 'PodResizeInProgress', status: 'True' }]);
  has = containerResources(pod, container, facts);
  await resizer.apply(pod, running());
  expect(resizer.conditions('uid-1')).toEqual([]);
});

it('takes no memory that is used', async () => {
  begin(large);
  usageBytes = 40 * 2 ** 20;
  const pod = resizer.decide(podWith(small), () => undefined);
  await resizer.apply(pod, running());
  await resizer.apply(pod, running());
  expect(updates).toEqual([]);
  const message = `cannot decrease memory limits: attempting to set container "web" memory limit (${32 * 2 ** 20}) below current usage (${usageBytes})`;
  expect(resizer.conditions('uid-1')).toEqual([
    { type: 'PodResizeInProgress', status: 'True', reason: 'Error', message },
  ]);
  expect(context.recorded.filter((event) => event.includes('ResizeError'))).toHaveLength(1);
  usageBytes = 2 ** 20;
  await resizer.apply(pod, running());
  expect(resizer.conditions('uid-1')).toEqual([]);
});

it('goes by the status after the kubelet was started anew', () => {
  const status = {
    containerStatuses: [
      {
        name: 'web',
        image: 'nginx',
        imageID: '',
        ready: true,
        restartCount: 0,
        allocatedResources: small.requests ?? {},
        resources: small,
      },
    ],
  };
  const refuse = () => ({ reason: 'OutOfcpu', message: 'no' });
  const pod = resizer.decide({ ...podWith(large), status }, refuse);
  expect(pod.spec.containers[0]?.resources).toEqual(small);
});
