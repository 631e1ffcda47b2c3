/** Readings of a container as `docker stats` wants them (cgroup v2). */
import type { TaskStats } from '../../api/agent.ts';
import { ZERO_TIME, goTime } from '../go-format.ts';
import { MACHINE_CPUS } from './create-container.ts';

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

const NO_CPU = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

function cpuStats(stats: TaskStats): object {
  return {
    cpu_usage: {
      total_usage: stats.cpuUsec * NANOSECONDS_PER_USEC,
      usage_in_kernelmode: stats.systemUsec * NANOSECONDS_PER_USEC,
      usage_in_usermode: stats.userUsec * NANOSECONDS_PER_USEC,
    },
    // All CPUs together advance with the clock; clients use the difference of two readings.
    system_cpu_usage: Math.round(stats.time * NANOSECONDS_PER_MS * MACHINE_CPUS),
    online_cpus: MACHINE_CPUS,
    throttling_data: {
      periods: 0,
      throttled_periods: 0,
      throttled_time: stats.throttledUsec * NANOSECONDS_PER_USEC,
    },
  };
}

export interface StatsOf {
  readonly id: string;
  readonly name: string;
  /** bytes of the machine: the limit when there is none */
  readonly machineMemory: number;
  readonly hasNetwork: boolean;
}

/** One reading with the one before it, which is absent the first time. */
export function containerStats(of: StatsOf, now: TaskStats, before: TaskStats | undefined): object {
  const blkio = (bytes: number, op: string): object => ({ major: 8, minor: 16, op, value: bytes });
  return {
    read: goTime(now.time),
    preread: goTime(before?.time),
    pids_stats: { current: now.pids },
    blkio_stats: {
      ...NO_BLKIO,
      io_service_bytes_recursive: [blkio(now.readBytes, 'read'), blkio(now.writtenBytes, 'write')],
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(now),
    precpu_stats: before === undefined ? NO_CPU : cpuStats(before),
    memory_stats: {
      usage: now.memoryBytes,
      stats: { inactive_file: now.inactiveFileBytes },
      limit: now.memoryLimit ?? of.machineMemory,
    },
    name: `/${of.name}`,
    id: of.id,
    ...(of.hasNetwork
      ? {
          networks: {
            eth0: {
              rx_bytes: now.receivedBytes,
              rx_packets: 0,
              rx_errors: 0,
              rx_dropped: 0,
              tx_bytes: now.sentBytes,
              tx_packets: 0,
              tx_errors: 0,
              tx_dropped: 0,
            },
          },
        }
      : {}),
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
