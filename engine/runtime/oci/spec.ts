import type { ContainerConfig, Mount, Resources } from '../types.ts';
import { capabilitiesFor } from './capabilities.ts';
import type { ContainerDevices, OciBlockIo, OciDevice, OciDeviceRule } from './devices.ts';
import { seccompProfile, type OciSeccomp } from './seccomp-profile.ts';
import { defaultSeccompProgram } from './seccomp.ts';
import type { ResolvedUser } from './users.ts';

/** The part of the OCI runtime specification 1.0 that is used here (runtime-spec, config.md and config-linux.md). */
export interface OciSpec {
  readonly ociVersion: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly mounts: readonly OciMount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly cgroupsPath: string;
    readonly resources: OciResources;
    readonly devices?: readonly OciDevice[];
    readonly seccomp?: OciSeccomp;
    readonly maskedPaths: readonly string[];
    readonly readonlyPaths: readonly string[];
    readonly sysctl?: Readonly<Record<string, string>>;
    readonly rootfsPropagation?: string;
  };
}

export interface OciProcess {
  readonly terminal: boolean;
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly additionalGids: readonly number[];
  };
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: {
    readonly bounding: readonly string[];
    readonly effective: readonly string[];
    readonly permitted: readonly string[];
  };
  readonly rlimits: readonly {
    readonly type: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj?: number;
}

interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

interface OciResources {
  readonly memory?: { readonly limit?: number; readonly reservation?: number };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly unified?: Readonly<Record<string, string>>;
  readonly devices?: readonly OciDeviceRule[];
  readonly blockIO?: OciBlockIo;
}

export interface SpecInput {
  readonly config: ContainerConfig & { readonly id: string };
  readonly user: ResolvedUser;
  readonly hostname: string;
  /** whether the container has a network namespace that is not the machine's */
  readonly ownNetwork: boolean;
  /** files of the machine bound over those of the image */
  readonly files: {
    readonly hostname: string;
    readonly hosts: string;
    readonly resolvConf: string;
  };
  /** `config.mounts` with the directories behind volumes */
  readonly mounts: readonly ResolvedMount[];
  readonly devices: ContainerDevices;
  readonly joined: JoinedNamespaces;
}

/** Namespaces that are not the container's own: their paths, or the machine's. */
export interface JoinedNamespaces {
  readonly pid?: 'host' | { readonly path: string };
  readonly ipc?: 'host' | { readonly path: string };
  readonly uts?: 'host' | { readonly path: string };
  /** directory of the machine that is /dev/shm; false for none; the container's own when absent */
  readonly shm?: string | false;
}

interface ResolvedMount {
  readonly mount: Mount;
  /** directory or file on the machine; unused for tmpfs */
  readonly source: string;
}

/** Where the machine has the small first process, and where Docker puts it in a container. */
const INIT_SOURCE = '/usr/bin/tini-static';
const INIT_TARGET = '/sbin/docker-init';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_SHM_BYTES = 64 * 1024 * 1024;
const CPU_PERIOD = 100_000;
/** As systemd gives services, and Docker containers, today. */
const DEFAULT_RLIMITS = [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 524_288 }];

/** Docker's masked paths of which this kernel can have any. */
const MASKED_PATHS = [
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * crun adds to this the devices every container may use, which are Docker's: null, zero, full, random,
 * urandom, tty, console, ptmx, pts, and making nodes. Listing them again would only make its program longer.
 */
const DEVICE_RULES = [{ allow: false, access: 'rwm' }];

/** config.json of a container with Docker's defaults. The agent fills in `root.path` and the network namespace. */
export function ociSpec(input: SpecInput): OciSpec {
  const { config } = input;
  const privileged = config.privileged === true;
  const capabilities = capabilitiesFor(config);
  const { joined } = input;
  const propagation = rootPropagation(config);
  const annotations = {
    ...config.annotations,
    ...(!privileged && (config.seccomp ?? 'default') === 'default'
      ? { 'run.oci.seccomp_bpf_data': toBase64(defaultSeccompProgram(capabilities)) }
      : {}),
  };
  const sysctl = {
    ...config.sysctls,
    ...(config.domainname ? { 'kernel.domainname': config.domainname } : {}),
  };
  return {
    ociVersion: '1.0.2',
    process: ociProcess(config, {
      args: config.init === true ? [INIT_TARGET, '--', ...config.args] : config.args,
      env: config.env,
      cwd: config.cwd ?? '/',
      terminal: config.tty,
      user: input.user,
      hostname: input.hostname,
      capabilities,
    }),
    root: { path: 'rootfs', readonly: config.readOnlyRootfs === true },
    // A name is given to a new namespace only; one that is joined has its own.
    ...(config.uts === 'host' || joined.uts !== undefined ? {} : { hostname: input.hostname }),
    mounts: allMounts(input, privileged),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    linux: {
      namespaces: [
        { type: 'mount' },
        ...namespace('uts', config.uts ?? joined.uts),
        ...namespace('ipc', joined.ipc),
        ...namespace('pid', joined.pid),
        ...(input.ownNetwork ? [{ type: 'network' }] : []),
        ...(config.cgroupns === 'host' ? [] : [{ type: 'cgroup' }]),
      ],
      cgroupsPath: `${config.cgroupParent ?? '/docker'}/${config.id}`,
      resources: {
        ...ociResources(config.resources),
        ...(input.devices.blockIo === undefined ? {} : { blockIO: input.devices.blockIo }),
        ...(privileged ? {} : { devices: [...DEVICE_RULES, ...input.devices.rules] }),
      },
      ...(input.devices.devices.length === 0 ? {} : { devices: input.devices.devices }),
      ...(typeof config.seccomp === 'object'
        ? { seccomp: seccompProfile(config.seccomp.profile, capabilities) }
        : {}),
      maskedPaths: privileged ? [] : (config.maskedPaths ?? MASKED_PATHS),
      readonlyPaths: privileged ? [] : (config.readonlyPaths ?? READONLY_PATHS),
      ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
      ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
    },
  };
}

function namespace(
  type: string,
  joined: 'host' | { readonly path: string } | undefined,
): readonly { readonly type: string; readonly path?: string }[] {
  if (joined === 'host') return [];
  return [{ type, ...joined }];
}

export interface ProcessInput {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly terminal: boolean;
  readonly user: ResolvedUser;
  readonly hostname: string;
  readonly capabilities: readonly string[];
}

/** The `process` object, for a start or an exec. */
export function ociProcess(config: ContainerConfig, input: ProcessInput): OciProcess {
  const { user, capabilities } = input;
  // As in Linux after setuid from root: another user keeps none in effect.
  const effective = user.uid === 0 ? capabilities : [];
  const limits = new Map(
    [...DEFAULT_RLIMITS, ...ulimits(config)].map((limit) => [limit.type, limit]),
  );
  return {
    terminal: input.terminal,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: input.args,
    env: environment(input),
    cwd: input.cwd,
    capabilities: { bounding: capabilities, effective, permitted: effective },
    rlimits: [...limits.values()],
    noNewPrivileges: config.noNewPrivileges === true,
    ...(config.oomScoreAdj === undefined ? {} : { oomScoreAdj: config.oomScoreAdj }),
  };
}

function ulimits(config: ContainerConfig): { type: string; soft: number; hard: number }[] {
  return (config.ulimits ?? []).map(({ name, soft, hard }) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    soft,
    hard,
  }));
}

/** Docker's own variables come first and give way to what the image or the user sets. HOME saves crun a look into passwd. */
function environment({ env, terminal, hostname, user }: ProcessInput): string[] {
  const merged = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', hostname],
    ...(terminal ? ([['TERM', 'xterm']] as const) : []),
  ]);
  for (const entry of env) {
    const equals = entry.indexOf('=');
    if (equals > 0) merged.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  if (!merged.has('HOME')) merged.set('HOME', user.home);
  return [...merged].map(([name, value]) => `${name}=${value}`);
}

function systemMounts(
  config: ContainerConfig,
  { shm }: JoinedNamespaces,
  privileged: boolean,
): OciMount[] {
  const quiet = ['nosuid', 'noexec', 'nodev'];
  const access = privileged ? 'rw' : 'ro';
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: quiet },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, access] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [...quiet, access],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
    ...shmMounts(config, shm, quiet),
  ];
}

function shmMounts(
  config: ContainerConfig,
  shm: JoinedNamespaces['shm'],
  quiet: readonly string[],
): OciMount[] {
  if (shm === false) return [];
  const destination = '/dev/shm';
  if (shm !== undefined)
    return [{ destination, type: 'bind', source: shm, options: ['rbind', 'rprivate'] }];
  const size = `size=${config.shmSize ?? DEFAULT_SHM_BYTES}`;
  return [{ destination, type: 'tmpfs', source: 'shm', options: [...quiet, 'mode=1777', size] }];
}

/** A mount of the user's replaces the one Docker makes at the same place. */
function allMounts({ config, files, mounts, joined }: SpecInput, privileged: boolean): OciMount[] {
  const bind = (destination: string, source: string): OciMount => ({
    destination,
    type: 'bind',
    source,
    options: ['bind', 'rprivate'],
  });
  const own = [
    bind('/etc/resolv.conf', files.resolvConf),
    bind('/etc/hostname', files.hostname),
    bind('/etc/hosts', files.hosts),
    ...(config.init === true
      ? [{ ...bind(INIT_TARGET, INIT_SOURCE), options: ['bind', 'ro'] }]
      : []),
  ];
  const taken = new Set(mounts.map(({ mount }) => mount.target));
  const isFree = ({ destination }: OciMount): boolean => !taken.has(destination);
  return [
    ...systemMounts(config, joined, privileged).filter(isFree),
    ...[...own.filter(isFree), ...mounts.map(userMount)].sort(byDepth),
  ];
}

function userMount({ mount, source }: ResolvedMount): OciMount {
  const destination = mount.target;
  switch (mount.kind) {
    case 'tmpfs':
      return {
        destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: mount.options,
      };
    case 'bind':
    case 'volume': {
      const how = mount.kind === 'bind' && mount.nonRecursive === true ? 'bind' : 'rbind';
      const access = mount.readOnly ? 'ro' : 'rw';
      const options = [how, mount.propagation ?? 'rprivate', access];
      return { destination, type: 'bind', source, options };
    }
  }
}

/** What is to leave or reach a mount must not end at the container's root. */
function rootPropagation({ mounts }: ContainerConfig): 'shared' | 'rslave' | undefined {
  const wanted = mounts.map((mount) => (mount.kind === 'tmpfs' ? undefined : mount.propagation));
  if (wanted.some((one) => one?.endsWith('shared') === true)) return 'shared';
  return wanted.some((one) => one?.endsWith('slave') === true) ? 'rslave' : undefined;
}

/** Parents before children; otherwise as they stand. */
function byDepth(a: OciMount, b: OciMount): number {
  return a.destination.split('/').length - b.destination.split('/').length;
}

/** Swap is left out: the guest kernel has none. */
function ociResources(resources: Resources): OciResources {
  const {
    memory,
    memoryReservation,
    nanoCpus,
    cpuShares,
    cpuPeriod,
    cpuQuota,
    cpusetCpus,
    cpusetMems,
    pidsLimit,
    unified,
  } = resources;
  const memoryLimits = {
    ...(memory ? { limit: memory } : {}),
    ...(memoryReservation ? { reservation: memoryReservation } : {}),
  };
  const period = cpuPeriod || CPU_PERIOD;
  const quota = nanoCpus ? Math.round((nanoCpus * period) / 1e9) : cpuQuota;
  const cpu = {
    ...(cpuShares ? { shares: cpuShares } : {}),
    ...(quota ? { quota, period } : {}),
    ...(cpusetCpus ? { cpus: cpusetCpus } : {}),
    ...(cpusetMems ? { mems: cpusetMems } : {}),
  };
  return {
    ...(Object.keys(memoryLimits).length === 0 ? {} : { memory: memoryLimits }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(pidsLimit !== undefined && pidsLimit > 0 ? { pids: { limit: pidsLimit } } : {}),
    ...(unified === undefined || Object.keys(unified).length === 0 ? {} : { unified }),
  };
}

/** The same limits as cgroup v2 files, for `task.update`. */
export function cgroupFiles(resources: Resources): Record<string, string> {
  const { memory, cpu, pids, unified } = ociResources(resources);
  return {
    ...unified,
    ...(memory?.limit === undefined ? {} : { 'memory.max': String(memory.limit) }),
    ...(memory?.reservation === undefined ? {} : { 'memory.low': String(memory.reservation) }),
    ...(cpu?.quota === undefined
      ? {}
      : { 'cpu.max': `${cpu.quota > 0 ? cpu.quota : 'max'} ${cpu.period ?? CPU_PERIOD}` }),
    // The mapping of the runtime specification: shares 2 to 262144 onto weights 1 to 10000.
    ...(cpu?.shares === undefined
      ? {}
      : { 'cpu.weight': String(1 + Math.floor(((cpu.shares - 2) * 9999) / 262_142)) }),
    ...(cpu?.cpus === undefined ? {} : { 'cpuset.cpus': cpu.cpus }),
    ...(cpu?.mems === undefined ? {} : { 'cpuset.mems': cpu.mems }),
    ...(pids === undefined ? {} : { 'pids.max': String(pids.limit) }),
    ...(resources.pidsLimit !== undefined && resources.pidsLimit <= 0 ? { 'pids.max': 'max' } : {}),
  };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
