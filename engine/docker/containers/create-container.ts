import type {
  ContainerConfig,
  Image,
  NetworkMode,
  Resources,
  Volume,
} from '../../runtime/types.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { type ApiError, badRequest, conflict, notFound } from '../api/api-error.ts';
import {
  checkCpus,
  checkHostConfig,
  completeConfig,
  completeHostConfig,
  type Config,
  type HostConfig,
} from './container-config.ts';
import { randomId, recordLabels, type ContainerRecord } from './container-record.ts';
import { containerEvent, type ContainerContext } from './context.ts';
import type { CreateBody } from './create-body.ts';
import {
  mountPoint,
  mountRequests,
  runtimeMount,
  type MountPoint,
  type MountRequest,
} from './mounts.ts';
import { checkName, generateName } from './names.ts';
import { portBindings } from './ports.ts';
import { parseSignal } from './signals.ts';

/** The emulated machine has one. */
export const MACHINE_CPUS = 1;

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `POST /containers/create`. Throws 400, 404 (`No such image: …`), 409 (name in use). */
export async function createContainer(
  context: ContainerContext,
  givenName: string,
  body: CreateBody,
): Promise<ContainerRecord> {
  const { records, runtime, random } = context;
  const id = randomId(random);
  const image = findImage(context, body.Image ?? '');
  const host = completeHostConfig(body.HostConfig ?? {});
  checkHostConfig(host);
  checkCpus(host, MACHINE_CPUS);
  if (body.StopSignal) parseSignal(body.StopSignal);
  const completed = completeConfig(body, image.config.config ?? {}, id);
  const network = networkOf(context, host, body);
  const config: Config = { ...completed, ...hostnameOf(context, network, body.Hostname) };
  const inherited = (host.VolumesFrom ?? []).flatMap((from) => inheritedMounts(context, from));
  const requests = mountRequests(config, host, inherited);
  const bindings = portBindings(config, host, (port) => isPublished(context, port));
  const name =
    givenName === ''
      ? generateName(random, (candidate) => records.holderOf(candidate) !== undefined)
      : checkName(givenName);
  const holder = records.holderOf(name);
  if (holder !== undefined) throw nameConflict(name, holder);

  const mounts: MountPoint[] = [];
  const runtimeMounts: ContainerConfig['mounts'][number][] = [];
  const record: ContainerRecord = {
    id,
    name,
    created: context.clock.now(),
    image: image.id,
    config,
    hostConfig: host,
    mounts,
    restartCount: 0,
    manuallyStopped: false,
    endpointId: '',
    sandboxId: '',
  };
  await records.whileReserved(name, id, async () => {
    for (const request of requests) {
      const volume = request.type === 'volume' ? await volumeFor(context, request) : undefined;
      mounts.push(mountPoint(request, volume));
      runtimeMounts.push(runtimeMount(request, volume?.name));
    }
    await runtime.createContainer({
      ...processOf(config, host),
      id,
      image: image.id,
      sandbox:
        network.kind === 'shared'
          ? { kind: 'shared', id: network.owner }
          : { kind: 'own', network: network.mode, ports: bindings },
      mounts: runtimeMounts,
      labels: recordLabels(record),
    });
    records.add(record);
  });
  containerEvent(context, record, 'create');
  return record;
}

export function nameConflict(name: string, holder: string): ApiError {
  return conflict(
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function findImage({ runtime }: ContainerContext, reference: string): Image {
  if (reference === '') throw badRequest('no image specified');
  try {
    return runtime.images.get(reference);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'NOT_FOUND') {
      const tagged = /[@]|:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
      throw notFound(`No such image: ${tagged}`);
    }
    throw error;
  }
}

type ChosenNetwork =
  | { readonly kind: 'own'; readonly mode: NetworkMode }
  | { readonly kind: 'shared'; readonly owner: string };

function networkOf(
  { runtime, records }: ContainerContext,
  host: HostConfig,
  body: CreateBody,
): ChosenNetwork {
  const mode = host.NetworkMode;
  if (mode === 'host' || mode === 'none') return { kind: 'own', mode: { kind: mode } };
  if (mode.startsWith('container:')) {
    const owner = records.get(mode.slice('container:'.length));
    if (Object.keys(host.PortBindings).length > 0) {
      throw badRequest('conflicting options: port publishing and the container type network mode');
    }
    return { kind: 'shared', owner: owner.id };
  }
  const name = mode === 'default' ? 'bridge' : mode;
  const network = runtime.networks.find(
    (one) => one.name === name || one.id === name || (name.length >= 3 && one.id.startsWith(name)),
  );
  // Not 404, which the client takes for a missing image.
  if (network === undefined) throw badRequest(`network ${name} not found`);
  const endpoint = body.NetworkingConfig?.EndpointsConfig?.[mode];
  const address = endpoint?.IPAMConfig?.IPv4Address;
  const mac = body.MacAddress ?? endpoint?.MacAddress;
  if (address && network.name === 'bridge') {
    throw badRequest('user specified IP address is supported on user defined networks only');
  }
  return {
    kind: 'own',
    mode: {
      kind: 'bridge',
      network: network.name,
      ...(address ? { address } : {}),
      ...(mac ? { mac } : {}),
    },
  };
}

/** A container that joins another network has its host name, too. */
function hostnameOf(
  { hostname, records }: ContainerContext,
  network: ChosenNetwork,
  given: string | null | undefined,
): Partial<Config> {
  if (network.kind === 'shared')
    return { Hostname: records.find(network.owner)?.config.Hostname ?? '' };
  return network.mode.kind === 'host' && !given ? { Hostname: hostname } : {};
}

function inheritedMounts({ records }: ContainerContext, from: string): readonly MountPoint[] {
  const [reference = '', mode = 'rw'] = from.split(':');
  return records
    .get(reference)
    .mounts.map((point) => ({ ...point, RW: point.RW && mode !== 'ro' }));
}

function isPublished({ runtime }: ContainerContext, port: number): boolean {
  return runtime.sandboxes().some((sandbox) => sandbox.ports.some((one) => one.hostPort === port));
}

async function volumeFor(
  { runtime, events }: ContainerContext,
  request: MountRequest,
): Promise<Volume> {
  const known = request.source === '' ? undefined : runtime.volumes.find(request.source);
  if (known !== undefined) return known;
  const volume = await runtime.volumes.create({
    ...(request.source === '' ? {} : { name: request.source }),
    labels: request.labels,
  });
  events.add('volume', 'create', volume.name, { driver: 'local' });
  return volume;
}

function nonZero(value: number): number | undefined {
  return value === 0 ? undefined : value;
}

/** Limits for the runtime; unset ones are left out. */
export function resourcesOf(host: HostConfig): Resources {
  const entries = {
    memory: nonZero(host.Memory),
    memorySwap: nonZero(host.MemorySwap),
    memoryReservation: nonZero(host.MemoryReservation),
    nanoCpus: nonZero(host.NanoCpus),
    cpuShares: nonZero(host.CpuShares),
    cpuPeriod: nonZero(host.CpuPeriod),
    cpuQuota: nonZero(host.CpuQuota),
    cpusetCpus: host.CpusetCpus || undefined,
    pidsLimit: host.PidsLimit === null || host.PidsLimit <= 0 ? undefined : host.PidsLimit,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function environment(config: Config): readonly string[] {
  const own = new Set(config.Env.map((variable) => variable.split('=', 1)[0]));
  const defaults = [
    `PATH=${DEFAULT_PATH}`,
    `HOSTNAME=${config.Hostname}`,
    ...(config.Tty ? ['TERM=xterm'] : []),
  ];
  // A variable without a value is to be unset.
  return [
    ...defaults.filter((variable) => !own.has(variable.split('=', 1)[0])),
    ...config.Env.filter((variable) => variable.includes('=')),
  ];
}

function sizeInBytes(text: string): number {
  const [, amount = '0', unit = ''] = /^(\d+)\s*([kmg]?)b?$/i.exec(text.trim()) ?? [];
  return Number(amount) * ({ '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1);
}

function logOf(host: HostConfig): NonNullable<ContainerConfig['log']> {
  const { Type: type, Config: options } = host.LogConfig;
  if (type === 'none') return 'none';
  if (type !== 'json-file' && type !== 'local')
    throw badRequest(`logger: no log driver named '${type}' is registered`);
  const { 'max-size': size, 'max-file': files } = options;
  return {
    format: 'json-file',
    ...(size === undefined ? {} : { maxBytes: sizeInBytes(size) }),
    ...(files === undefined ? {} : { maxFiles: Number(files) }),
  };
}

function processOf(
  config: Config,
  host: HostConfig,
): Omit<ContainerConfig, 'id' | 'image' | 'sandbox' | 'mounts'> {
  const security = host.SecurityOpt ?? [];
  const unconfined = security.some((option) => /^seccomp[=:]unconfined$/.test(option));
  return {
    args: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: environment(config),
    ...(config.WorkingDir === '' ? {} : { cwd: config.WorkingDir }),
    ...(config.User === '' ? {} : { user: config.User }),
    ...(host.GroupAdd === null ? {} : { groupAdd: host.GroupAdd }),
    hostname: config.Hostname,
    ...(config.Domainname === '' ? {} : { domainname: config.Domainname }),
    tty: config.Tty,
    openStdin: config.OpenStdin,
    ...(config.StopSignal === undefined ? {} : { stopSignal: config.StopSignal }),
    resources: resourcesOf(host),
    privileged: host.Privileged,
    capAdd: host.CapAdd ?? [],
    capDrop: host.CapDrop ?? [],
    seccomp: unconfined || host.Privileged ? 'unconfined' : 'default',
    noNewPrivileges: security.some((option) => /^no-new-privileges(?:[=:]true)?$/.test(option)),
    readOnlyRootfs: host.ReadonlyRootfs,
    ...(host.Sysctls === undefined ? {} : { sysctls: host.Sysctls }),
    ulimits: (host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({
      name: Name,
      soft: Soft,
      hard: Hard,
    })),
    shmSize: host.ShmSize,
    ...(host.OomScoreAdj === 0 ? {} : { oomScoreAdj: host.OomScoreAdj }),
    ...(host.PidMode === 'host' ? { pidMode: 'host' as const } : {}),
    extraHosts: host.ExtraHosts ?? [],
    dns: { servers: host.Dns ?? [], search: host.DnsSearch ?? [], options: host.DnsOptions ?? [] },
    log: logOf(host),
    ...(host.CgroupParent === '' ? {} : { cgroupParent: host.CgroupParent }),
  };
}
