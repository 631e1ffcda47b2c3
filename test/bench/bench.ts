import type { ClusterFacade } from '../../engine/api/cluster.ts';
import type { MachineOptions, MachineProgress, ProfileName } from '../../engine/api/machine.ts';
import type { Client } from '../../engine/client/client.ts';
import type { Transport } from '../../engine/client/transport.ts';
import type { ClusterOptions } from '../../engine/cluster/cluster.node.ts';
import type { DockerClient } from '../../engine/cluster/docker-client.ts';
import type { MachineClient } from '../../engine/machine/worker/machine-client.ts';
import type { AppMeasure } from './app-measures.ts';
import type { Resources } from '../harness/chromium.ts';
import type { WorkerLink } from '../../engine/rpc/worker-link.ts';

/** Where benches run: this Node process, or a page in Chromium. */
export interface BenchHost {
  readonly name: 'node' | 'chromium';
  startMachine(
    options: MachineOptions,
    onProgress?: (progress: MachineProgress) => void,
  ): Promise<MachineClient>;
  /**
   * Attaches the Docker engine of the profile (`docker` when absent). With `store`, what it keeps on the host's side is
   * found again by the next of that name; else it starts empty.
   */
  startDocker(machine: MachineClient, profile?: ProfileName, store?: string): Promise<DockerClient>;
  /** A worker that holds an etcd (`EtcdHost`). What one keeps, the next finds. */
  spawnEtcd(): WorkerLink;
  /** An API server over an etcd that is durable. In Node only. */
  startControlPlane(): Promise<BenchControlPlane>;
  /** A cluster with all its controllers, so many hollow nodes, and an etcd that is durable. In Node only. */
  startHollowCluster(
    nodes: number,
    managerFlags?: ClusterOptions['managerFlags'],
  ): Promise<BenchHollowCluster>;
  /**
   * `cluster start` with a data directory, as clients outside reach it; a process of its own. With all its controllers
   * if it has hollow nodes. In Node only.
   */
  startCluster(hollow?: number): Promise<BenchCluster>;
  /** A cluster of so many machines, or the one that was saved, when it is ready. */
  startMachineCluster(from: number | Blob): Promise<BenchMachineCluster>;
  resources(): Promise<Resources>;
  /**
   * Bytes that travel from nothing cached to a shell's prompt, or to the first `docker ps`. In
   * Chromium the whole app as served, in Node what the machine reads.
   */
  bytesTo(goal: 'shell' | 'docker'): Promise<number>;
  /**
   * Milliseconds from a click on a link to the app to the prompt of a root shell with Docker ready, on the
   * first visit or when the browser has everything. In Node what the engine contributes to that.
   */
  visit(kind: 'first' | 'again'): Promise<number>;
  /** Frames per second of a cluster's map while so much happens each second. In Chromium only. */
  drawMap(eventsPerSecond: number): Promise<Sample>;
  /** Something in the whole app as it is served. In Chromium only. */
  inApp(what: AppMeasure): Promise<number>;
}

export interface BenchControlPlane {
  /** of an administrator */
  readonly client: Client;
  /** A scheduler in a worker of its own. */
  startScheduler(): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

export interface BenchMachineCluster {
  readonly cluster: ClusterFacade;
  /** The one that was saved, in place of this one, in the same lab; in Chromium only. */
  goBackTo(saved: Blob): Promise<BenchMachineCluster>;
  close(): Promise<void>;
}

export interface BenchHollowCluster {
  /** of an administrator */
  readonly client: Client;
  close(): Promise<void>;
}

export interface BenchCluster {
  /** of an administrator, over HTTPS */
  readonly transport: Transport;
  /** what its process occupies */
  memoryBytes(): Promise<number>;
  /** Ends it, and removes what it kept. */
  close(): Promise<void>;
}

export interface Sample {
  readonly value: number;
  /** milliseconds that single pieces of the work took from beginning to end */
  readonly latencies?: readonly number[];
  /** guest instructions it took, where a guest did the work */
  readonly instructions?: number;
}

/** What benches share that cost more to set up than to run. They run one after the other, in one page. */
export interface BenchGroup {
  readonly name: string;
  /** After the last of them. */
  close(): Promise<void>;
}

export interface Bench {
  /** as on the command line */
  readonly name: string;
  readonly unit: 'ms' | 'MB' | 'MB/s' | '%' | '/s';
  /** where it can run, when not everywhere: elsewhere it is left out unless it is named */
  readonly only?: BenchHost['name'];
  readonly group?: BenchGroup;
  /** At least three samples. Throws when what was to be measured did not work. */
  run(host: BenchHost): Promise<readonly Sample[]>;
}

/** One line of `bench --json`. */
export interface BenchResult {
  readonly name: string;
  readonly host: BenchHost['name'];
  readonly unit: Bench['unit'];
  readonly median: number;
  readonly p95: number;
  readonly n: number;
  /** milliseconds below which 99 % of the latencies of all samples lie */
  readonly p99?: number;
  /** median */
  readonly instructions?: number;
}

/** The value below which `share` of the sorted values lie, by nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function summarise(
  bench: Pick<Bench, 'name' | 'unit'>,
  host: BenchHost['name'],
  samples: readonly Sample[],
): BenchResult {
  if (samples.length < 3)
    throw new RangeError(`${bench.name} has ${samples.length} samples; three are the least.`);
  const values = samples.map((sample) => sample.value).toSorted((a, b) => a - b);
  const instructions = samples
    .flatMap((sample) => sample.instructions ?? [])
    .toSorted((a, b) => a - b);
  const latencies = samples.flatMap((sample) => sample.latencies ?? []).toSorted((a, b) => a - b);
  return {
    name: bench.name,
    host,
    unit: bench.unit,
    median: rounded(percentile(values, 0.5)),
    p95: rounded(percentile(values, 0.95)),
    n: values.length,
    ...(latencies.length === 0 ? {} : { p99: rounded(percentile(latencies, 0.99)) }),
    ...(instructions.length === 0
      ? {}
      : { instructions: Math.round(percentile(instructions, 0.5)) }),
  };
}

/** Runs `work` with a machine and destroys it. */
export async function withMachine<T>(
  host: BenchHost,
  options: Partial<MachineOptions>,
  work: (machine: MachineClient) => Promise<T>,
): Promise<T> {
  const machine = await host.startMachine({
    profile: 'bare',
    hostname: 'bench',
    start: { kind: 'restore' },
    ...options,
  });
  try {
    return await work(machine);
  } finally {
    await machine.destroy();
  }
}

/** Time and guest instructions of `work`. */
export async function timed(
  machine: MachineClient,
  work: () => Promise<unknown>,
): Promise<Required<Pick<Sample, 'value' | 'instructions'>>> {
  const before = await machine.service.metrics();
  const start = performance.now();
  await work();
  const value = performance.now() - start;
  const after = await machine.service.metrics();
  return { value, instructions: after.instructions - before.instructions };
}

/** Seconds between readings of `calm`. */
const CALM_INTERVAL = 2;

/** Waits until a machine has nothing to do: what is warmed up after a start has ended. */
export async function calm({ service }: MachineClient): Promise<void> {
  for (let readings = 0; readings < 2;) {
    await sleep(CALM_INTERVAL);
    readings = (await service.metrics()).cpu < 0.1 ? readings + 1 : 0;
  }
}

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Throws unless the condition holds: a timing of something that failed is worth nothing. */
export function prove(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`The bench did not do what it times: ${what}`);
}
