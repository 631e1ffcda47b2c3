import { sleep } from '../../base/clock.ts';
import { humanSize } from '../../base/go-format.ts';
import type { CriStats, PodSandbox, PodSandboxStats } from '../../runtime/cri/types.ts';
import { outputFlag, type Command, type Context } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import type { Flag } from '../flags.ts';
import { containerStatsMessage, podStatsMessage } from '../messages.ts';
import { listTable } from '../table.ts';
import { labelsOf, matchesLabels, shortId } from './lookup.ts';
import { printedStructured } from './structured.ts';

const NANOSECONDS = 1_000_000;
const SECOND_MS = 1000;
/** Between two looks of `--watch`, in milliseconds. */
const WATCH_MS = 500;
const CLEAR_SCREEN = '\u001B[2J\u001B[H';

const common: readonly Flag[] = [
  { name: 'label', kind: 'texts', usage: 'Filter by key=value label' },
  outputFlag('json|yaml|table'),
  {
    name: 'seconds',
    short: 's',
    kind: 'number',
    value: 1,
    usage: 'Sample duration for CPU usage in seconds',
  },
  { name: 'watch', short: 'w', kind: 'flag', usage: 'Watch pod resources' },
];

/** Once, or again and again until whoever watches leaves. */
async function display({ options, clock, session }: Context, show: () => Promise<void>) {
  if (options.args.length > 1) throw new CrictlError('', 'help');
  do {
    if (options.flag('watch')) await sleep(clock, WATCH_MS, session.gone).catch(() => {});
    if (session.gone.aborted) return;
    await show();
  } while (options.flag('watch'));
}

/** Percent of a processor between two readings. */
function cpuShare(before: CriStats, after: CriStats): string {
  const duration = (after.time - before.time) * NANOSECONDS;
  if (duration === 0) throw new CrictlError('cpu stat is not updated during sample');
  const used = after.cpu.usageCoreNanoSeconds - before.cpu.usageCoreNanoSeconds;
  return ((used / duration) * 100).toFixed(2);
}

/** Two readings, as far apart as was asked for. */
async function sampled<T>({ options, clock, session }: Context, read: () => Promise<T>) {
  const before = await read();
  await sleep(clock, options.number('seconds') * SECOND_MS, session.gone);
  return { before, after: await read() };
}

async function containerStats(context: Context) {
  const { cri, options } = context;
  const labels = labelsOf(options);
  const id = options.text('id') || (options.args[0] ?? '');
  const pod = options.text('pod');
  const owners = new Map(
    (await cri.listContainers()).map((one) => [one.id, one.podSandboxId] as const),
  );
  return (await cri.listContainerStats())
    .filter(
      (stats) =>
        stats.containerId.startsWith(id) &&
        (owners.get(stats.containerId) ?? '').startsWith(pod) &&
        matchesLabels(stats, labels),
    )
    .toSorted((one, other) => (one.containerId < other.containerId ? -1 : 1));
}

/** A `ListContainerStatsResponse`. */
async function containerStatsList(context: Context): Promise<object> {
  const { mountpoint } = await context.cri.imageFsInfo();
  const found = await containerStats(context);
  return { stats: found.map((one) => containerStatsMessage(one, mountpoint)) };
}

export const stats: Command = {
  name: 'stats',
  usage: 'List container(s) resource usage statistics',
  argsUsage: '[ID]',
  flags: [
    ...common,
    {
      name: 'all',
      short: 'a',
      kind: 'flag',
      usage: 'Show all containers (default shows just running)',
    },
    { name: 'id', kind: 'text', usage: 'Filter by container id' },
    { name: 'pod', short: 'p', kind: 'text', usage: 'Filter by pod id' },
  ],
  run: (context) =>
    display(context, async () => {
      const { options, session } = context;
      if (await printedStructured(context, () => containerStatsList(context))) return;
      const { before, after } = await sampled(context, () => containerStats(context));
      const rows = after.flatMap((one) => {
        const old = before.find(({ containerId }) => containerId === one.containerId);
        const { cpu, memory, metadata, writableLayer, containerId } = one;
        const isIdle = cpu.usageCoreNanoSeconds === 0 && memory.workingSetBytes === 0;
        if (old === undefined || (isIdle && !options.flag('all'))) return [];
        return [
          [
            shortId(containerId),
            metadata.name,
            cpu.usageCoreNanoSeconds === 0 ? '0.00' : cpuShare(old, one),
            humanSize(memory.workingSetBytes),
            humanSize(writableLayer.usedBytes),
            String(writableLayer.inodesUsed),
            humanSize(0),
          ],
        ];
      });
      const head = ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP'];
      await session.stdout(CLEAR_SCREEN + listTable([head, ...rows]));
    }),
};

interface PodReading {
  readonly pod: PodSandbox;
  readonly stats: PodSandboxStats;
}

async function podStats({ cri, options }: Context): Promise<PodReading[]> {
  const labels = labelsOf(options);
  const id = options.text('id') || (options.args[0] ?? '');
  const wanted = (await cri.listPodSandbox())
    .filter(
      (pod) => pod.state === 'SANDBOX_READY' && pod.id.startsWith(id) && matchesLabels(pod, labels),
    )
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const readings = await Promise.all(
    // One that ends meanwhile has no figures any more.
    wanted.map(async (pod) => ({
      pod,
      stats: await cri.podSandboxStats(pod.id).catch(() => undefined),
    })),
  );
  return readings.flatMap(({ pod, stats: found }) =>
    found === undefined ? [] : [{ pod, stats: found }],
  );
}

/** A `ListPodSandboxStatsResponse`, each Pod with its containers. */
async function podStatsList(context: Context): Promise<object> {
  const { cri } = context;
  const { mountpoint } = await cri.imageFsInfo();
  const [found, containers, all] = await Promise.all([
    podStats(context),
    cri.listContainers(),
    cri.listContainerStats(),
  ]);
  return {
    stats: found.map((one) => {
      const own = containers.filter(({ podSandboxId }) => podSandboxId === one.pod.id);
      const ids = new Set(own.map(({ id }) => id));
      const inside = all.filter(({ containerId }) => ids.has(containerId));
      return podStatsMessage(
        one.pod,
        one.stats,
        inside.map((each) => containerStatsMessage(each, mountpoint)),
      );
    }),
  };
}

export const statsp: Command = {
  name: 'statsp',
  usage:
    "List pod statistics. Stats represent a structured API that will fulfill the Kubelet's /stats/summary endpoint.",
  argsUsage: '[ID]',
  flags: [...common, { name: 'id', kind: 'text', usage: 'Filter by pod id' }],
  run: (context) =>
    display(context, async () => {
      const { session } = context;
      if (await printedStructured(context, () => podStatsList(context))) return;
      const { before, after } = await sampled(context, () => podStats(context));
      const rows = after.flatMap((one) => {
        const old = before.find(({ pod }) => pod.id === one.pod.id);
        const { cpu, memory } = one.stats;
        if (old === undefined || (cpu.usageCoreNanoSeconds === 0 && memory.workingSetBytes === 0))
          return [];
        return [
          [
            one.pod.metadata.name,
            shortId(one.pod.id),
            cpu.usageCoreNanoSeconds === 0 ? '0.00' : cpuShare(old.stats, one.stats),
            humanSize(memory.workingSetBytes),
          ],
        ];
      });
      const head = ['POD', 'POD ID', 'CPU %', 'MEM'];
      await session.stdout(CLEAR_SCREEN + listTable([head, ...rows]));
    }),
};
