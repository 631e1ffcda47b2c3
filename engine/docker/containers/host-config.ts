/** `HostConfig` of a container, complete and in dockerd's order, as `docker inspect` prints it. */
import type { GivenHostConfig, GivenMount } from './create-body.ts';
import { portKey, type Labels } from './container-config.ts';

export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount: number;
}

type Rates = readonly { readonly Path: string; readonly Rate: number }[] | null;

export interface HostConfig {
  readonly [field: string]: unknown;
  readonly Binds: readonly string[] | null;
  readonly LogConfig: { readonly Type: string; readonly Config: Labels };
  readonly NetworkMode: string;
  readonly PortBindings: Readonly<
    Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
  >;
  readonly RestartPolicy: RestartPolicy;
  readonly AutoRemove: boolean;
  readonly VolumesFrom: readonly string[] | null;
  readonly CapAdd: readonly string[] | null;
  readonly CapDrop: readonly string[] | null;
  readonly Dns: readonly string[] | null;
  readonly DnsOptions: readonly string[] | null;
  readonly DnsSearch: readonly string[] | null;
  readonly ExtraHosts: readonly string[] | null;
  readonly GroupAdd: readonly string[] | null;
  readonly OomScoreAdj: number;
  readonly PidMode: string;
  readonly IpcMode: string;
  readonly CgroupnsMode: string;
  readonly Init?: boolean;
  readonly MaskedPaths: readonly string[] | null;
  readonly ReadonlyPaths: readonly string[] | null;
  readonly Devices: readonly {
    readonly PathOnHost: string;
    readonly PathInContainer?: string;
    readonly CgroupPermissions?: string;
  }[];
  readonly DeviceRequests:
    | readonly {
        readonly Driver?: string;
        readonly Capabilities?: readonly (readonly string[])[];
      }[]
    | null;
  readonly DeviceCgroupRules: readonly string[] | null;
  readonly BlkioDeviceReadBps: Rates;
  readonly BlkioDeviceWriteBps: Rates;
  readonly BlkioDeviceReadIOps: Rates;
  readonly BlkioDeviceWriteIOps: Rates;
  readonly CpusetMems: string;
  readonly UTSMode: string;
  readonly Links: readonly string[] | null;
  readonly VolumeDriver: string;
  readonly Privileged: boolean;
  readonly PublishAllPorts: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly SecurityOpt: readonly string[] | null;
  readonly Tmpfs?: Labels;
  readonly ShmSize: number;
  readonly Sysctls?: Labels;
  readonly ConsoleSize: readonly number[];
  readonly CpuShares: number;
  readonly Memory: number;
  readonly NanoCpus: number;
  readonly CgroupParent: string;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpusetCpus: string;
  readonly MemoryReservation: number;
  readonly MemorySwap: number;
  readonly PidsLimit: number | null;
  readonly Ulimits:
    | readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[]
    | null;
  readonly Mounts?: readonly GivenMount[];
  readonly Annotations?: Labels;
}

const MEBIBYTE = 1024 * 1024;

export const MASKED_PATHS: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
export const READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** Fields that appear only when given, by the field they follow. */
const OPTIONAL_AFTER: Readonly<Record<string, readonly string[]>> = {
  SecurityOpt: ['StorageOpt', 'Tmpfs'],
  ShmSize: ['Sysctls'],
  AutoRemove: ['Annotations'],
  IOMaximumBandwidth: ['Mounts', 'Init'],
};

function defaults(): Record<string, unknown> {
  return {
    Binds: null,
    ContainerIDFile: '',
    LogConfig: { Type: 'json-file', Config: {} },
    NetworkMode: 'default',
    PortBindings: {},
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    AutoRemove: false,
    VolumeDriver: '',
    VolumesFrom: null,
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: 'private',
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: 'private',
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: '',
    UsernsMode: '',
    ShmSize: 64 * MEBIBYTE,
    Runtime: 'crun',
    ConsoleSize: [0, 0],
    Isolation: '',
    CpuShares: 0,
    Memory: 0,
    NanoCpus: 0,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    KernelMemory: 0,
    KernelMemoryTCP: 0,
    MemoryReservation: 0,
    MemorySwap: 0,
    MemorySwappiness: null,
    OomKillDisable: null,
    PidsLimit: null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: MASKED_PATHS,
    ReadonlyPaths: READONLY_PATHS,
  };
}

/** Defaults that dockerd writes over an empty or zero value. */
const REPLACES_EMPTY = new Set([
  'NetworkMode',
  'CgroupnsMode',
  'IpcMode',
  'ShmSize',
  'Runtime',
  'MaskedPaths',
  'ReadonlyPaths',
  'LogConfig',
  'RestartPolicy',
]);

export function completeHostConfig(given: GivenHostConfig): HostConfig {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(defaults())) {
    const own = given[name];
    const unset =
      own === undefined || own === null || (REPLACES_EMPTY.has(name) && (own === '' || own === 0));
    result[name] = unset ? value : own;
    for (const optional of OPTIONAL_AFTER[name] ?? []) {
      const extra = given[optional];
      if (extra !== undefined && extra !== null && !(Array.isArray(extra) && extra.length === 0))
        result[optional] = extra;
    }
  }
  const policy = given.RestartPolicy;
  result['RestartPolicy'] = {
    Name: policy?.Name || 'no',
    MaximumRetryCount: policy?.MaximumRetryCount ?? 0,
  };
  result['LogConfig'] = {
    Type: given.LogConfig?.Type || 'json-file',
    Config: given.LogConfig?.Config ?? {},
  };
  const bindings = Object.entries(given.PortBindings ?? {}).map(([port, list]) => [
    portKey(port),
    (list ?? []).map((binding) => ({
      HostIp: binding.HostIp ?? '',
      HostPort: binding.HostPort ?? '',
    })),
  ]);
  result['PortBindings'] = Object.fromEntries(bindings);
  if (given.Privileged === true)
    Object.assign(result, {
      MaskedPaths: null,
      ReadonlyPaths: null,
      SecurityOpt: given.SecurityOpt ?? ['label=disable'],
    });
  return result as unknown as HostConfig;
}
