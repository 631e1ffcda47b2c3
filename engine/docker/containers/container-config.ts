/** `Config` and `HostConfig` of a container, complete and in dockerd's order, as `docker inspect` prints them. */
import type { ImageRunConfig } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { GivenConfig, GivenHostConfig, GivenMount } from './create-body.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly Retries?: number;
}

export interface Config {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: Healthcheck;
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly MacAddress?: string;
  readonly OnBuild: readonly string[] | null;
  readonly Labels: Labels;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly Shell?: readonly string[];
}

export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount: number;
}

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
}

const MEBIBYTE = 1024 * 1024;

function keysOf(
  value: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, object> {
  return Object.fromEntries(Object.keys(value ?? {}).map((key) => [key, {}]));
}

function nameOf(variable: string): string {
  return variable.split('=', 1)[0] ?? '';
}

/** `80` means `80/tcp`. */
export function portKey(port: string): string {
  return port.includes('/') ? port.toLowerCase() : `${port}/tcp`;
}

/**
 * What the user gave, completed by what the image says: dockerd's merge. Lists of the user's own
 * come first. Throws 400 "No command specified".
 */
export function completeConfig(given: GivenConfig, image: ImageRunConfig, id: string): Config {
  const env = given.Env ?? [];
  const own = new Set(env.map(nameOf));
  const exposed = keysOf({ ...image.ExposedPorts, ...given.ExposedPorts });
  const volumes = keysOf({ ...image.Volumes, ...given.Volumes });
  let entrypoint = given.Entrypoint ?? null;
  let cmd = given.Cmd ?? null;
  if (entrypoint === null || entrypoint.length === 0) {
    if (cmd === null || cmd.length === 0) cmd = image.Cmd?.slice() ?? cmd;
    entrypoint ??= image.Entrypoint?.slice() ?? null;
  }
  // `--entrypoint ""` clears the image's.
  if (entrypoint?.length === 1 && entrypoint[0] === '') entrypoint = null;
  if ((entrypoint?.length ?? 0) + (cmd?.length ?? 0) === 0)
    throw badRequest('No command specified');
  const healthcheck = completeHealthcheck(given.Healthcheck, image.Healthcheck);
  const shell = given.Shell ?? image.Shell;
  const stopSignal = given.StopSignal || image.StopSignal;
  return {
    Hostname: given.Hostname || id.slice(0, 12),
    Domainname: given.Domainname ?? '',
    User: given.User || (image.User ?? ''),
    AttachStdin: given.AttachStdin ?? false,
    AttachStdout: given.AttachStdout ?? false,
    AttachStderr: given.AttachStderr ?? false,
    ...(Object.keys(exposed).length === 0
      ? {}
      : {
          ExposedPorts: Object.fromEntries(Object.keys(exposed).map((key) => [portKey(key), {}])),
        }),
    Tty: given.Tty ?? false,
    OpenStdin: given.OpenStdin ?? false,
    StdinOnce: given.StdinOnce ?? false,
    Env: [...env, ...(image.Env ?? []).filter((variable) => !own.has(nameOf(variable)))],
    Cmd: cmd,
    ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
    Image: given.Image ?? '',
    Volumes: Object.keys(volumes).length === 0 ? null : volumes,
    WorkingDir: given.WorkingDir || (image.WorkingDir ?? ''),
    Entrypoint: entrypoint,
    ...(given.MacAddress ? { MacAddress: given.MacAddress } : {}),
    OnBuild: given.OnBuild ?? null,
    Labels: { ...image.Labels, ...given.Labels },
    ...(stopSignal ? { StopSignal: stopSignal } : {}),
    ...(given.StopTimeout === null || given.StopTimeout === undefined
      ? {}
      : { StopTimeout: given.StopTimeout }),
    ...(shell === null || shell === undefined || shell.length === 0 ? {} : { Shell: shell }),
  };
}

function completeHealthcheck(
  given: GivenConfig['Healthcheck'],
  image: ImageRunConfig['Healthcheck'],
): Healthcheck | undefined {
  if ((given === null || given === undefined) && (image === null || image === undefined))
    return undefined;
  const test = given?.Test?.length ? given.Test : image?.Test;
  const pick = (
    name: 'Interval' | 'Timeout' | 'StartPeriod' | 'Retries',
  ): Partial<Record<typeof name, number>> => {
    const value = given?.[name] || image?.[name];
    return value ? { [name]: value } : {};
  };
  return {
    ...(test === undefined ? {} : { Test: test }),
    ...pick('Interval'),
    ...pick('Timeout'),
    ...pick('StartPeriod'),
    ...pick('Retries'),
  };
}

const MASKED_PATHS = [
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
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Fields that appear only when given, by the field they follow. */
const OPTIONAL_AFTER: Readonly<Record<string, readonly string[]>> = {
  SecurityOpt: ['StorageOpt', 'Tmpfs'],
  ShmSize: ['Sysctls'],
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
  // cgroup v2 cannot keep the out-of-memory killer away.
  result['OomKillDisable'] = null;
  // As much swap as memory, unless said otherwise.
  if (result['MemorySwap'] === 0 && (given.Memory ?? 0) > 0)
    result['MemorySwap'] = (given.Memory ?? 0) * 2;
  if (given.Privileged === true)
    Object.assign(result, {
      MaskedPaths: null,
      ReadonlyPaths: null,
      SecurityOpt: given.SecurityOpt ?? ['label=disable'],
    });
  return result as unknown as HostConfig;
}

/** Rules dockerd checks before it creates anything. Throws 400 in its words. */
export function checkHostConfig(host: HostConfig): void {
  const {
    RestartPolicy: policy,
    AutoRemove,
    Memory,
    MemorySwap,
    NanoCpus,
    CpuPeriod,
    CpuQuota,
    MemoryReservation,
    ShmSize,
  } = host;
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(policy.Name))
    throw badRequest(`invalid restart policy '${policy.Name}'`);
  if (policy.Name !== 'on-failure' && policy.MaximumRetryCount !== 0) {
    throw badRequest(`maximum retry count cannot be used with restart policy '${policy.Name}'`);
  }
  if (policy.MaximumRetryCount < 0) throw badRequest('maximum retry count cannot be negative');
  if (AutoRemove && policy.Name !== 'no')
    throw badRequest("can't create 'AutoRemove' container with restart policy");
  if (Memory !== 0 && Memory < 6 * MEBIBYTE)
    throw badRequest('Minimum memory limit allowed is 6MB');
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    throw badRequest('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && MemorySwap > 0)
    throw badRequest(
      'You should always set the Memory limit when using Memoryswap limit, see usage',
    );
  if (MemoryReservation > 0 && MemoryReservation < 6 * MEBIBYTE)
    throw badRequest('Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > Memory)
    throw badRequest(
      'Minimum memory limit can not be less than memory reservation limit, see usage',
    );
  if (NanoCpus > 0 && CpuPeriod > 0)
    throw badRequest('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0)
    throw badRequest('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    throw badRequest(
      'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
    );
  if (CpuQuota > 0 && CpuQuota < 1000)
    throw badRequest('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (ShmSize < 0) throw badRequest('SHM size can not be less than 0');
}

/** dockerd refuses more CPUs than there are. The machine has `cpus`. */
export function checkCpus(host: HostConfig, cpus: number): void {
  if (host.NanoCpus < 0 || host.NanoCpus > cpus * 1e9) {
    throw badRequest(
      `Range of CPUs is from 0.01 to ${cpus.toFixed(2)}, as there are only ${cpus} CPUs available`,
    );
  }
}
