import { expect, it } from 'vitest';
import type { Container, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import { testPod } from '../testing/test-context.ts';
import { containerResources, oomScoreAdjust } from './container-resources.ts';

const GIBIBYTE = 2 ** 30;
const facts = { memoryCapacity: GIBIBYTE, cpuCfsQuota: true, cpuCfsQuotaPeriod: 100_000 };

function withResources(
  resources: NonNullable<Container['resources']>,
  spec: Partial<PodSpec> = {},
): { readonly container: Container; readonly pod: ReturnType<typeof testPod> } {
  const container = { name: 'web', resources };
  return { container, pod: testPod({ containers: [container], ...spec }) };
}

it('turns requests and limits into what the kernel counts', () => {
  const { pod, container } = withResources({
    requests: { cpu: '250m', memory: '32Mi' },
    limits: { cpu: '500m', memory: '64Mi' },
  });
  expect(containerResources(pod, container, facts)).toEqual({
    cpuShares: 256,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    memoryLimitInBytes: 64 * 2 ** 20,
    oomScoreAdj: 969,
    unified: { 'memory.oom.group': '1' },
  });
});

it('gives a container that asks for nothing the least, and no limit', () => {
  const { pod, container } = withResources({});
  expect(containerResources(pod, container, facts)).toEqual({
    cpuShares: 2,
    cpuPeriod: 100_000,
    cpuQuota: 0,
    oomScoreAdj: 1000,
    unified: { 'memory.oom.group': '1' },
  });
});

it("limits a container without limits by its Pod's", () => {
  const { pod, container } = withResources(
    {},
    { resources: { limits: { cpu: '1', memory: '1Mi' } } },
  );
  expect(containerResources(pod, container, facts)).toMatchObject({
    cpuQuota: 100_000,
    memoryLimitInBytes: 2 ** 20,
  });
});

it('kills Guaranteed Pods and those of the node last, and BestEffort ones first', () => {
  const same = { cpu: '1', memory: '64Mi' };
  const guaranteed = withResources({ requests: same, limits: same });
  expect(oomScoreAdjust(guaranteed.pod, guaranteed.container, GIBIBYTE)).toBe(-997);
  const critical = withResources({}, { priorityClassName: 'system-node-critical' });
  expect(oomScoreAdjust(critical.pod, critical.container, GIBIBYTE)).toBe(-997);
  const small = withResources({ requests: { memory: '1' } });
  expect(oomScoreAdjust(small.pod, small.container, GIBIBYTE)).toBe(999);
  const all = withResources({ requests: { memory: '1Gi' } });
  expect(oomScoreAdjust(all.pod, all.container, GIBIBYTE)).toBe(3);
});

it('kills a sidecar no sooner than the containers it serves', () => {
  const sidecar = { name: 'proxy', restartPolicy: 'Always' };
  const { pod } = withResources({ requests: { memory: '512Mi' } }, { initContainers: [sidecar] });
  expect(oomScoreAdjust(pod, sidecar, GIBIBYTE)).toBe(500);
});
