import { beforeEach, expect, it } from 'vitest';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { TestContext, testPod } from '../testing/test-context.ts';
import { exceededLimit, StorageLimits } from './storage-limits.ts';

const MEBIBYTE = 2 ** 20;
const CACHE = '/var/lib/kubelet/pods/uid-1/volumes/kubernetes.io~empty-dir/cache';

let context: TestContext;
let evicted: string[];
beforeEach(() => {
  context = new TestContext();
  evicted = [];
  context.pods.evict = (uid, { reason, message }) => {
    evicted.push(`${uid} ${reason} ${message}`);
    return Promise.resolve();
  };
});

const limited: Pod = testPod({ volumes: [{ name: 'cache', emptyDir: { sizeLimit: '8Mi' } }] });

function used(
  emptyDirs: Readonly<Record<string, number>>,
  containers: Readonly<Record<string, number>> = {},
) {
  return {
    emptyDirs: new Map(Object.entries(emptyDirs)),
    containers: new Map(Object.entries(containers)),
  };
}

it('evicts a Pod whose volume is too large', async () => {
  context.ownPods.push(limited);
  let bytes = 8 * MEBIBYTE;
  context.fakeNode.programs.set('du', () => ({ stdout: `${bytes}\t${CACHE}\0` }));
  const limits = new StorageLimits(context);
  await limits.check();
  expect(evicted).toEqual([]);
  bytes += 4096;
  await limits.check();
  const message = 'Usage of EmptyDir volume "cache" exceeds the limit "8Mi". ';
  expect(evicted).toEqual([`uid-1 Evicted ${message}`]);
  expect(context.recorded).toEqual([`Warning Evicted ${message}`]);
});

it('does not ask the machine when nobody has a limit', async () => {
  context.ownPods.push(testPod({ volumes: [{ name: 'cache', emptyDir: {} }] }));
  await new StorageLimits(context).check();
  expect(context.fakeNode.calls).toEqual([]);
});

it('counts layers, logs and volumes against limits of storage', () => {
  const limits = { 'ephemeral-storage': '10Mi' };
  const pod = testPod({
    containers: [{ name: 'web', resources: { limits } }],
    volumes: [{ name: 'cache', emptyDir: {} }],
  });
  expect(exceededLimit(pod, used({ cache: 6 * MEBIBYTE }, { web: 4 * MEBIBYTE }))).toBeUndefined();
  expect(exceededLimit(pod, used({ cache: 6 * MEBIBYTE }, { web: 5 * MEBIBYTE }))).toBe(
    'Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ',
  );
  const two = testPod({
    containers: [
      { name: 'web', resources: { limits } },
      { name: 'helper', resources: { limits } },
    ],
  });
  expect(exceededLimit(two, used({}, { web: 11 * MEBIBYTE, helper: 0 }))).toBe(
    'Container web exceeded its local ephemeral storage limit "10Mi". ',
  );
});

it('spares Pods that the node cannot do without', async () => {
  context.ownPods.push(testPod({ ...limited.spec, priority: 2_000_001_000 }));
  context.fakeNode.programs.set('du', () => ({ stdout: `${9 * MEBIBYTE}\t${CACHE}\0` }));
  await new StorageLimits(context).check();
  expect(evicted).toEqual([]);
});
