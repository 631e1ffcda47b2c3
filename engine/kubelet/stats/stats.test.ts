import { beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { DEFAULT_CONFIGURATION } from '../configuration.ts';
import { FakeCri } from '../testing/fake-cri.ts';
import { FakePods } from '../testing/fake-pods.ts';
import { runtimePodOf } from '../testing/runtime-pod.ts';
import { startContainer } from '../testing/start-container.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { StatsProvider } from './stats-provider.ts';

let clock: FakeClock;
let cri: FakeCri;
let pods: FakePods;
let stats: StatsProvider;
let busyMs: number;
let asked: string[];

beforeEach(async () => {
  clock = new FakeClock(Date.parse('2026-11-26T18:00:00Z'));
  cri = new FakeCri(clock);
  cri.addImage('nginx', { size: 300 });
  pods = new FakePods();
  asked = [];
  busyMs = 1000;
  pods.set({
    metadata: { name: 'web' },
    spec: {
      containers: [{ name: 'web' }],
      volumes: [
        { name: 'cache', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory' } },
      ],
    },
  });
  await startContainer(cri, 'web');
  pods.runtimes.set('uid-web', await runtimePodOf(cri, 'web'));
  const agent = {
    call: async (op: string, request: { paths?: readonly string[] }) => {
      asked.push([op, ...(request.paths ?? [])].join(' '));
      if (op === 'file.usage')
        return { usages: request.paths?.map(() => ({ bytes: 5000, inodes: 3 })) };
      return {
        time: clock.now(),
        cpu: { busyMs, idleMs: 0 },
        memory: { total: 1000, available: 400 },
        disk: { total: 10_000, used: 2000, readBytes: 0, writtenBytes: 0 },
        network: { receivedBytes: 1, sentBytes: 2 },
        processes: 50,
      };
    },
  };
  const context = {
    nodeName: 'worker-1',
    agent,
    clock,
    cri,
    pods,
    configuration: DEFAULT_CONFIGURATION,
  };
  stats = new StatsProvider(context as unknown as ConstructorParameters<typeof StatsProvider>[0]);
});

it('sums up the node and its Pods', async () => {
  const { node, pods: found } = await stats.summary();
  expect(node).toMatchObject({
    nodeName: 'worker-1',
    cpu: { time: '2026-11-26T18:00:00.000Z', usageCoreNanoSeconds: 1e9 },
    memory: { availableBytes: 400, workingSetBytes: 600 },
    fs: { capacityBytes: 10_000, availableBytes: 7700, usedBytes: 2300 },
    runtime: { imageFs: { usedBytes: 300 } },
    rlimit: { curproc: 50 },
  });
  expect(found).toMatchObject([
    {
      podRef: { name: 'web', namespace: 'default', uid: 'uid-web' },
      cpu: { usageCoreNanoSeconds: 1e9 },
      network: { name: 'eth0', rxBytes: 100, txBytes: 200 },
      containers: [
        {
          name: 'web',
          memory: { workingSetBytes: 1e6 },
          rootfs: { usedBytes: 4096 },
          logs: { usedBytes: 5000 },
        },
      ],
      volume: [{ name: 'cache', usedBytes: 5000 }],
      'ephemeral-storage': { usedBytes: 14_096 },
      process_stats: { process_count: 1 },
    },
  ]);
  expect(asked).toContain(
    'file.usage /var/lib/kubelet/pods/uid-web/volumes/kubernetes.io~empty-dir/cache /var/log/pods/default_web_uid-web',
  );
});

it('asks the machine once for what is wanted at the same time, and disks seldom', async () => {
  await Promise.all([stats.summary(), stats.summary(true), stats.node()]);
  clock.advance(5000);
  await stats.summary();
  expect(asked.map((call) => call.split(' ')[0])).toEqual(['stats', 'file.usage', 'stats']);
  expect(cri.calls.filter((call) => call === 'podSandboxStats web')).toHaveLength(2);
});

it('tells how many cores are in use, from the second reading on', async () => {
  expect((await stats.summary(true)).node.cpu.usageNanoCores).toBeUndefined();
  clock.advance(10_000);
  busyMs = 3500;
  const { node, pods: found } = await stats.summary(true);
  expect(node.cpu.usageNanoCores).toBe(250_000_000);
  expect(found[0]?.cpu?.usageNanoCores).toBe(0);
  expect(found[0]?.containers[0]).not.toHaveProperty('rootfs');
});

it('is scraped', async () => {
  expect(await resourceMetrics(() => stats.summary(true))).toBe(
    `# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="web",namespace="default",pod="web"} 1 1795716000000
# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="web",namespace="default",pod="web"} 1e+06 1795716000000
# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in seconds
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="web",namespace="default",pod="web"} 1.795716e+09
# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 1 1795716000000
# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
# TYPE node_memory_working_set_bytes gauge
node_memory_working_set_bytes 600 1795716000000
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="default",pod="web"} 1 1795716000000
# HELP pod_memory_working_set_bytes [STABLE] Current working set of the pod in bytes
# TYPE pod_memory_working_set_bytes gauge
pod_memory_working_set_bytes{namespace="default",pod="web"} 1e+06 1795716000000
# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 0
`,
  );
  const broken = () => Promise.reject(new Error('away'));
  expect(await resourceMetrics(broken)).toContain('resource_scrape_error 1\n');
});

it('is scraped by dashboards', async () => {
  const text = await cadvisorMetrics(await stats.summary(), await stats.node(), 1);
  expect(text).toContain(
    'container_network_receive_bytes_total{container="",namespace="default",pod="web",interface="eth0"} 100 1795716000000\n',
  );
  expect(text).toContain('machine_memory_bytes 1000\n');
});
