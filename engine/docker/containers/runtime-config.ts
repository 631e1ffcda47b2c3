/** From what `docker inspect` shows of a container to what the runtime runs. */
import type {
  ContainerConfig,
  DeviceMapping,
  OfContainer,
  Resources,
} from '../../runtime/types.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import type { Config } from './container-config.ts';
import type { ContainerContext } from './context.ts';
import { MASKED_PATHS, READONLY_PATHS, type HostConfig } from './host-config.ts';
import { logConfig } from './log-config.ts';

type Defined<T> = { readonly [Name in keyof T]: Exclude<T[Name], undefined> };

/** Without the entries that are undefined. */
function defined<T extends object>(entries: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<T>>;
}

const nonZero = (value: number): number | undefined => (value === 0 ? undefined : value);

/** Limits for the runtime; unset ones are left out. */
export function resourcesOf(host: HostConfig): Resources {
  const rates = (list: HostConfig['BlkioDeviceReadBps']) =>
    list?.length ? list.map(({ Path, Rate }) => ({ path: Path, rate: Rate })) : undefined;
  return defined({
    memory: nonZero(host.Memory),
    memorySwap: nonZero(host.MemorySwap),
    memoryReservation: nonZero(host.MemoryReservation),
    nanoCpus: nonZero(host.NanoCpus),
    cpuShares: nonZero(host.CpuShares),
    cpuPeriod: nonZero(host.CpuPeriod),
    cpuQuota: nonZero(host.CpuQuota),
    cpusetCpus: host.CpusetCpus || undefined,
    cpusetMems: host.CpusetMems || undefined,
    pidsLimit: host.PidsLimit ?? undefined,
    readBps: rates(host.BlkioDeviceReadBps),
    writeBps: rates(host.BlkioDeviceWriteBps),
    readIops: rates(host.BlkioDeviceReadIOps),
    writeIops: rates(host.BlkioDeviceWriteIOps),
  });
}

/** Throws 400 for what makes no sense together with the machine and its other containers. */
export function runtimeConfig(
  context: ContainerContext,
  config: Config,
  host: HostConfig,
): Omit<ContainerConfig, 'id' | 'image' | 'sandbox' | 'mounts'> {
  return {
    args: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    // A variable without a value is to be unset.
    env: config.Env.filter((variable) => variable.includes('=')),
    hostname: config.Hostname,
    tty: config.Tty,
    openStdin: config.OpenStdin,
    resources: resourcesOf(host),
    privileged: host.Privileged,
    capAdd: host.CapAdd ?? [],
    capDrop: host.CapDrop ?? [],
    readOnlyRootfs: host.ReadonlyRootfs,
    ulimits: (host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({
      name: Name,
      soft: Soft,
      hard: Hard,
    })),
    shmSize: host.ShmSize,
    extraHosts: (host.ExtraHosts ?? []).map((entry) => hostEntry(context, entry)),
    dns: { servers: host.Dns ?? [], search: host.DnsSearch ?? [], options: host.DnsOptions ?? [] },
    log: logConfig(host),
    ...(host.Annotations === undefined ? {} : { annotations: host.Annotations }),
    devices: devicesOf(host),
    deviceRules: host.DeviceCgroupRules ?? [],
    ...securityOf(host),
    ...namespacesOf(context, host),
    ...defined({
      cwd: config.WorkingDir || undefined,
      user: config.User || undefined,
      groupAdd: host.GroupAdd ?? undefined,
      domainname: config.Domainname || undefined,
      stopSignal: config.StopSignal,
      sysctls: { ...ownNetworkSysctls(host), ...host.Sysctls },
      oomScoreAdj: nonZero(host.OomScoreAdj),
      cgroupParent: host.CgroupParent || undefined,
      init: host.Init === true ? true : undefined,
      maskedPaths: unlessDefault(host.MaskedPaths, MASKED_PATHS),
      readonlyPaths: unlessDefault(host.ReadonlyPaths, READONLY_PATHS),
    }),
  };
}

/** As dockerd: ports below 1024, and ping, are for everybody in a network that is not the machine's. */
function ownNetworkSysctls({ NetworkMode }: HostConfig): Readonly<Record<string, string>> {
  return NetworkMode === 'host' || NetworkMode.startsWith('container:')
    ? {}
    : {
        'net.ipv4.ip_unprivileged_port_start': '0',
        'net.ipv4.ping_group_range': '0 2147483647',
      };
}

function unlessDefault(
  given: readonly string[] | null,
  usual: readonly string[],
): readonly string[] | undefined {
  return given === null || given.join() === usual.join() ? undefined : given;
}

/** `host-gateway` is the machine, as containers on the default network see it. */
function hostEntry({ runtime }: ContainerContext, entry: string): string {
  const gateway = runtime.networks.find('bridge')?.gateway ?? '';
  return entry.replace(/:host-gateway$/, `:${gateway}`);
}

/** `--security-opt`. Labels are for SELinux and AppArmor profiles for AppArmor, which this kernel has not. */
function securityOf(host: HostConfig): Pick<ContainerConfig, 'seccomp' | 'noNewPrivileges'> {
  let seccomp: ContainerConfig['seccomp'] = host.Privileged ? 'unconfined' : 'default';
  let noNewPrivileges = false;
  for (const option of host.SecurityOpt ?? []) {
    if (option === 'no-new-privileges') {
      noNewPrivileges = true;
      continue;
    }
    if (option === 'disable') continue;
    const [, name, value = ''] = /^([^=:]*)[=:]([^]*)$/.exec(option) ?? [];
    if (name === undefined)
      throw new ApiError(500, `invalid --security-opt 1: ${JSON.stringify(option)}`);
    switch (name) {
      case 'label':
      case 'apparmor':
        break;
      case 'seccomp':
        seccomp = value === 'unconfined' || host.Privileged ? 'unconfined' : { profile: value };
        break;
      case 'no-new-privileges':
        if (!/^(1|t|true|0|f|false)$/i.test(value))
          throw new ApiError(500, `invalid --security-opt 2: ${JSON.stringify(option)}`);
        noNewPrivileges = /^(1|t|true)$/i.test(value);
        break;
      default:
        throw new ApiError(500, `invalid --security-opt 2: ${JSON.stringify(option)}`);
    }
  }
  return { seccomp, noNewPrivileges };
}

function namespacesOf(
  context: ContainerContext,
  host: HostConfig,
): Pick<ContainerConfig, 'pid' | 'ipc' | 'uts' | 'cgroupns'> {
  const { PidMode, IpcMode, UTSMode, CgroupnsMode } = host;
  return defined({
    pid: PidMode === 'host' ? ('host' as const) : joined(context, PidMode),
    ipc: ipcOf(context, IpcMode),
    uts: UTSMode === 'host' ? ('host' as const) : undefined,
    cgroupns: CgroupnsMode === 'host' ? ('host' as const) : undefined,
  });
}

function ipcOf(context: ContainerContext, mode: string): ContainerConfig['ipc'] {
  switch (mode) {
    case '':
    case 'private':
      return undefined;
    case 'host':
    case 'none':
    case 'shareable':
      return mode;
    default:
      return joined(context, mode);
  }
}

/** Throws 500 at a start: at the creation dockerd takes anything. */
export function checkIpcMode({ IpcMode: mode }: HostConfig): void {
  if (!/^($|private$|host$|none$|shareable$|container:)/.test(mode))
    throw new ApiError(500, `Invalid IPC mode: ${mode}`);
}

/** `container:NAME`; nothing for one's own. */
function joined({ records }: ContainerContext, mode: string): OfContainer | undefined {
  const [, reference] = /^container:(.+)$/.exec(mode) ?? [];
  if (reference === undefined) return undefined;
  const found = records.find(reference);
  if (found === undefined) throw badRequest(`No such container: ${reference}`);
  return { container: found.id };
}

function devicesOf({ Devices }: HostConfig): readonly DeviceMapping[] {
  return Devices.map(({ PathOnHost, PathInContainer, CgroupPermissions }) => ({
    hostPath: PathOnHost,
    path: PathInContainer || PathOnHost,
    access: CgroupPermissions || 'rwm',
  }));
}
