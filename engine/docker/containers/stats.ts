/** Readings of a container as `docker stats` wants them (cgroup v2). */
import type { TaskStats } from '../../api/agent.ts';
import { NO_LIMIT } from '../api/reply.ts';
import { ZERO_TIME, goTime } from '../../base/go-format.ts';
import { MACHINE_CPUS } from './host-config-checks.ts';

const NANOSECONDS_PER_USEC = 1000;
const NANOSECONDS_PER_MS = 1e6;

/** cgroup v2 counts only bytes; the other lists stay null. */
const NO_BLKIO = {
  io_service_bytes_recursive: null,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};

/** What dockerd passes on of `memory.stat`; 0 where the kernel has no such line. */
const MEMORY_STATISTICS = [
  'active_anon',
  'active_file',
  'anon',
  'anon_thp',
  'file',
  'file_dirty',
  'file_mapped',
  'file_writeback',
  'inactive_anon',
  'inactive_file',
  'kernel_stack',
  'pgactivate',
  'pgdeactivate',
  'pgfault',
  'pglazyfree',
  'pglazyfreed',
  'pgmajfault',
  'pgrefill',
  'pgscan',
  'pgsteal',
  'shmem',
  'slab',
  'slab_reclaimable',
  'slab_unreclaimable',
  'sock',
  'thp_collapse_alloc',
  'thp_fault_alloc',
  'unevictable',
  'workingset_activate',
  'workingset_nodereclaim',
  'workingset_refault',
];

const NO_CPU = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

function cpuStats({ cpu, time }: TaskStats): object {
  const nanoseconds = (name: string): number => (cpu[name] ?? 0) * NANOSECONDS_PER_USEC;
  return {
    cpu_usage: {
      total_usage: nanoseconds('usage_usec'),
      usage_in_kernelmode: nanoseconds('system_usec'),
      usage_in_usermode: nanoseconds('user_usec'),
    },
    // All CPUs together advance with the clock; clients use the difference of two readings.
    system_cpu_usage: Math.round(time * NANOSECONDS_PER_MS * MACHINE_CPUS),
    online_cpus: MACHINE_CPUS,
    throttling_data: {
      periods: cpu['nr_periods'] ?? 0,
      throttled_periods: cpu['nr_throttled'] ?? 0,
      throttled_time: nanoseconds('throttled_usec'),
    },
  };
}

export interface StatsOf {
  readonly id: string;
  readonly name: string;
  /** bytes of the machine: the limit when there is none */
  readonly machineMemory: number;
}

/** One reading with the one before it, which is absent the first time. */
export function containerStats(of: StatsOf, now: TaskStats, before: TaskStats | undefined): object {
  const { memory, pids, io, networks } = now;
  const traffic = Object.entries(networks);
  return {
    read: goTime(now.time),
    preread: goTime(before?.time),
    pids_stats: { current: pids.current, limit: pids.limit ?? NO_LIMIT },
    blkio_stats: {
      ...NO_BLKIO,
      ...(io === null || io.length === 0
        ? {}
        : {
            io_service_bytes_recursive: io.flatMap(({ major, minor, readBytes, writtenBytes }) => [
              { major, minor, op: 'read', value: readBytes },
              { major, minor, op: 'write', value: writtenBytes },
            ]),
          }),
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(now),
    precpu_stats: before === undefined ? NO_CPU : cpuStats(before),
    memory_stats: {
      usage: memory.current,
      stats: Object.fromEntries(MEMORY_STATISTICS.map((name) => [name, memory.stat[name] ?? 0])),
      limit: memory.limit ?? of.machineMemory,
    },
    name: `/${of.name}`,
    id: of.id,
    ...(traffic.length === 0
      ? {}
      : {
          networks: Object.fromEntries(
            traffic.map(([device, counts]) => [
              device,
              {
                rx_bytes: counts.receivedBytes,
                rx_packets: counts.receivedPackets,
                rx_errors: counts.receiveErrors,
                rx_dropped: counts.receiveDrops,
                tx_bytes: counts.sentBytes,
                tx_packets: counts.sentPackets,
                tx_errors: counts.sendErrors,
                tx_dropped: counts.sendDrops,
              },
            ]),
          ),
        }),
  };
}

/** What a container that does not run reads. */
export function emptyStats({ id, name }: StatsOf): object {
  return {
    read: ZERO_TIME,
    preread: ZERO_TIME,
    pids_stats: {},
    blkio_stats: NO_BLKIO,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: NO_CPU,
    precpu_stats: NO_CPU,
    memory_stats: {},
    name: `/${name}`,
    id,
  };
}
