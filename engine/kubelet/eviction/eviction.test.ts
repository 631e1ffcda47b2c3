import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { DEFAULT_CONFIGURATION, type KubeletConfiguration } from '../configuration.ts';
import type { NodeReading } from '../stats/node-reading.ts';
import type { PodStatsSummary } from '../stats/summary.ts';
import { FakePods } from '../testing/fake-pods.ts';
import { NodeEviction } from './node-eviction.ts';
import { rank } from './ranking.ts';
import { mostUrgent, NO_PRESSURE, remember, thresholdsOf } from './thresholds.ts';

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

let clock: FakeClock;
let pods: FakePods;
let events: string[];
let memoryAvailable: number;
let diskAvailable: number;
let processes: number;
let reclaimed: number;
let stats: Map<string, PodStatsSummary>;

beforeEach(() => {
  clock = new FakeClock();
  pods = new FakePods();
  events = [];
  stats = new Map();
  memoryAvailable = 500 * MEBIBYTE;
  diskAvailable = GIBIBYTE;
  processes = 100;
  reclaimed = 0;
});

function eviction(configuration: Partial<KubeletConfiguration> = {}): NodeEviction {
  const reading = (): NodeReading => ({
    time: clock.now(),
    cpuNanoSeconds: 0,
    memory: { total: GIBIBYTE, available: memoryAvailable },
    disk: { total: 2 * GIBIBYTE, available: diskAvailable, used: 2 * GIBIBYTE - diskAvailable },
    images: { used: 0, inodes: 0 },
    network: { receivedBytes: 0, sentBytes: 0 },
    processes,
  });
  const measured = async () => [...stats.values()];
  return new NodeEviction({
    context: {
      clock,
      pods,
      configuration: { ...DEFAULT_CONFIGURATION, ...configuration },
      events: {
        pod: ({ metadata }, type, reason, message) =>
          void events.push(`${metadata.name} ${type} ${reason} ${message}`),
        node: (type, reason, message) => void events.push(`node ${type} ${reason} ${message}`),
      },
      onError: (error) => {
        throw error;
      },
    },
    stats: { node: async () => reading(), pods: measured, podsWithStorage: measured },
    reclaimDisk: async () => {
      diskAvailable += reclaimed;
    },
  });
}

interface Usage {
  readonly memory?: number;
  readonly disk?: number;
  readonly request?: string;
  readonly priority?: number;
  readonly spec?: Partial<Pod['spec']>;
  readonly annotations?: Record<string, string>;
  readonly volumes?: Readonly<Record<string, number>>;
}

function pod(name: string, usage: Usage): Pod {
  const { memory = 0, disk = 0, request, priority, spec, annotations, volumes = {} } = usage;
  const fs = (usedBytes: number) => ({
    time: '',
    availableBytes: 0,
    capacityBytes: 0,
    usedBytes,
  });
  const used = { time: '', workingSetBytes: memory };
  stats.set(name, {
    podRef: { name, namespace: 'default', uid: `uid-${name}` },
    startTime: '',
    memory: used,
    containers: [
      {
        name: 'web',
        startTime: '',
        cpu: { time: '', usageCoreNanoSeconds: 0 },
        memory: used,
        rootfs: fs(disk),
      },
    ],
    volume: Object.entries(volumes).map(([volume, bytes]) => ({ name: volume, ...fs(bytes) })),
    'ephemeral-storage': fs(disk),
    process_stats: { process_count: 1 },
  });
  const resources = request === undefined ? {} : { requests: { memory: request } };
  return pods.set({
    metadata: { name, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      containers: [{ name: 'web', resources }],
      ...(priority === undefined ? {} : { priority }),
      ...spec,
    },
  });
}

const present = (tested: NodeEviction): readonly string[] =>
  tested.conditions().flatMap(({ type, status }) => (status === 'True' ? type : []));

it('leaves a node alone that has enough', async () => {
  pod('web', { memory: 100 * MEBIBYTE });
  const tested = eviction();
  await tested.look();
  expect(tested.conditions()).toEqual([
    {
      type: 'MemoryPressure',
      status: 'False',
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
    },
    {
      type: 'DiskPressure',
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
    },
    {
      type: 'PIDPressure',
      status: 'False',
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    },
  ]);
  expect(pods.evictions).toEqual([]);
});

describe('want of memory', () => {
  beforeEach(() => {
    memoryAvailable = 93 * MEBIBYTE;
  });

  it('ends the Pod that uses most beyond what it has asked for', async () => {
    pod('modest', { memory: 300 * MEBIBYTE, request: '400Mi' });
    pod('greedy', { memory: 200 * MEBIBYTE, request: '50Mi' });
    const tested = eviction();
    await tested.look();
    const message =
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 93Mi. Container web was using 200Mi, request is 50Mi, has larger consumption of memory. ';
    expect(events).toEqual([
      'node Warning EvictionThresholdMet Attempting to reclaim memory',
      `greedy Warning Evicted ${message}`,
    ]);
    expect(pods.evictions).toEqual([
      {
        uid: 'uid-greedy',
        gracePeriodSeconds: 1,
        status: {
          phase: 'Failed',
          reason: 'Evicted',
          message,
          conditions: [
            { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message },
          ],
        },
      },
    ]);
    expect(tested.conditions()[0]).toMatchObject({
      status: 'True',
      reason: 'KubeletHasInsufficientMemory',
    });
  });

  it('spares static and critical Pods, and those that are ending', async () => {
    pod('static', { memory: GIBIBYTE, annotations: { 'kubernetes.io/config.source': 'file' } });
    pod('critical', { memory: GIBIBYTE, priority: 2_000_000_000 });
    pod('ending', { memory: GIBIBYTE });
    pods.terminating.add('uid-ending');
    await eviction().look();
    expect(pods.evictions).toEqual([]);
  });

  it('is felt for a while after it has passed', async () => {
    const tested = eviction({ evictionPressureTransitionPeriod: 60_000 });
    await tested.look();
    memoryAvailable = GIBIBYTE;
    clock.advance(59_000);
    await tested.look();
    expect(present(tested)).toEqual(['MemoryPressure']);
    clock.advance(1000);
    await tested.look();
    expect(present(tested)).toEqual([]);
  });

  it('may be borne for a grace period', async () => {
    pod('web', { memory: 1, spec: { terminationGracePeriodSeconds: 30 } });
    const tested = eviction({
      evictionHard: {},
      evictionSoft: { 'memory.available': '100Mi' },
      evictionSoftGracePeriod: { 'memory.available': 30_000 },
      evictionMaxPodGracePeriodSeconds: 20,
    });
    await tested.look();
    expect(present(tested)).toEqual(['MemoryPressure']);
    expect(pods.evictions).toEqual([]);
    clock.advance(30_000);
    await tested.look();
    expect(pods.evictions).toMatchObject([{ uid: 'uid-web', gracePeriodSeconds: 20 }]);
  });
});

describe('want of disk', () => {
  beforeEach(() => {
    diskAvailable = 100 * MEBIBYTE;
    pod('web', { disk: 500 * MEBIBYTE });
  });

  it('is met by what nobody needs', async () => {
    reclaimed = GIBIBYTE;
    const tested = eviction();
    await tested.look();
    expect(pods.evictions).toEqual([]);
    expect(present(tested)).toEqual(['DiskPressure']);
  });

  it('ends a Pod when that is not enough', async () => {
    await eviction().look();
    expect(events.at(-1)).toBe(
      'web Warning Evicted The node was low on resource: ephemeral-storage. Threshold quantity: 214748364, available: 100Mi. Container web was using 500Mi, request is 0, has larger consumption of ephemeral-storage. ',
    );
  });
});

describe('a Pod that takes more of the disk than it may', () => {
  it.each([
    [
      {
        spec: { volumes: [{ name: 'cache', emptyDir: { sizeLimit: '10Mi' } }] },
        volumes: { cache: 11 * MEBIBYTE },
      },
      'Usage of EmptyDir volume "cache" exceeds the limit "10Mi". ',
    ],
    [
      {
        spec: {
          containers: [{ name: 'web', resources: { limits: { 'ephemeral-storage': '1Mi' } } }],
        },
        disk: 2 * MEBIBYTE,
      },
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    ],
  ])('%j', async (usage, message) => {
    pod('web', usage);
    pod('other', { spec: { volumes: [{ name: 'cache', emptyDir: { sizeLimit: '10Mi' } }] } });
    await eviction().look();
    expect(pods.evictions).toMatchObject([
      { uid: 'uid-web', status: { reason: 'Evicted', message } },
    ]);
    expect(pods.evictions[0]?.status.conditions).toBeUndefined();
  });
});

it('ranks by what exceeds its request, by priority and by usage', () => {
  const all = [
    pod('a', { memory: 10, request: '1', priority: 5 }),
    pod('b', { memory: 10, request: '20' }),
    pod('c', { memory: 30, request: '1' }),
    pod('d', { memory: 20, request: '1' }),
  ];
  const ranked = rank(all, 'memory', ({ metadata }) => stats.get(metadata.name ?? ''));
  expect(ranked.map(({ metadata }) => metadata.name)).toEqual(['c', 'd', 'a', 'b']);
});

it('minds memory first', () => {
  const thresholds = thresholdsOf({
    evictionHard: { 'nodefs.available': '10%', 'memory.available': '100Mi', 'x.available': '1' },
    evictionSoft: {},
    evictionSoftGracePeriod: {},
  });
  expect(thresholds).toHaveLength(2);
  expect(mostUrgent(remember(NO_PRESSURE, thresholds, 1), 1)?.signal).toBe('memory.available');
});
