/** Containers as `docker inspect` and `docker ps` show them, field by field in dockerd's order. */
import type { Container } from '../../runtime/types.ts';
import { goTime, humanDuration } from '../go-format.ts';
import type { ContainerRecord } from './container-record.ts';
import type { Containers } from './containers.ts';
import type { ContainerContext } from './context.ts';
import type { Health } from './health.ts';
import { portMap, publishedPorts } from './ports.ts';

type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited';

export interface Described {
  readonly record: ContainerRecord;
  readonly container: Container;
  readonly status: Status;
  readonly health: Health | undefined;
  readonly exitCode: number;
}

export function describe(
  context: ContainerContext,
  containers: Containers,
  record: ContainerRecord,
): Described {
  const container = context.runtime.container(record.id);
  const restarting = containers.isRestarting(record.id);
  const status = containers.isRemoving(record.id)
    ? 'removing'
    : restarting
      ? 'restarting'
      : container.state;
  return {
    record,
    container,
    status,
    health: containers.health(record.id),
    exitCode: container.exit?.code ?? record.startFailure ?? 0,
  };
}

/** `Up 3 seconds (healthy)`, `Exited (0) 2 minutes ago`, … */
function statusText({ container, status, health, exitCode }: Described, now: number): string {
  const since = (time: number | undefined): string => humanDuration(now - (time ?? now));
  switch (status) {
    case 'created':
      return 'Created';
    case 'removing':
      return 'Removal In Progress';
    case 'restarting':
      return `Restarting (${exitCode}) ${since(container.exit?.finishedAt)} ago`;
    case 'exited':
      return `Exited (${exitCode}) ${since(container.exit?.finishedAt)} ago`;
    case 'paused':
      return `Up ${since(container.startedAt)} (Paused)`;
    case 'running': {
      const up = `Up ${since(container.startedAt)}`;
      if (health === undefined) return up;
      return `${up} (${health.Status === 'starting' ? 'health: starting' : health.Status})`;
    }
  }
}

function state({ container, status, health, exitCode }: Described): object {
  const restarting = status === 'restarting';
  const up = status === 'running' || status === 'paused' || restarting;
  return {
    Status: status,
    Running: up,
    Paused: status === 'paused',
    Restarting: restarting,
    OOMKilled: !up && container.exit?.oomKilled === true,
    Dead: false,
    Pid: up && !restarting ? container.pid : 0,
    ExitCode: up && !restarting ? 0 : exitCode,
    Error: up ? '' : (container.error ?? ''),
    StartedAt: goTime(container.startedAt),
    FinishedAt: goTime(container.exit?.finishedAt),
    ...(health === undefined ? {} : { Health: health }),
  };
}

function networkMode(record: ContainerRecord): string {
  const mode = record.hostConfig.NetworkMode;
  return mode === 'default' ? 'bridge' : mode;
}

/** `NetworkSettings.Networks` */
function endpoints(
  context: ContainerContext,
  { record, container }: Described,
): Record<string, object> {
  const mode = networkMode(record);
  if (mode.startsWith('container:')) return {};
  const network = context.runtime.networks.find(({ name, id }) => name === mode || id === mode);
  const joined = container.sandbox?.network;
  const up = container.sandbox !== undefined;
  return {
    [network?.name ?? mode]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      NetworkID: network?.id ?? (up ? specialNetworkId(mode) : ''),
      EndpointID: up ? record.endpointId : '',
      Gateway: joined?.gateway ?? '',
      IPAddress: joined?.address ?? '',
      IPPrefixLen: joined?.prefixLength ?? 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      MacAddress: joined?.mac ?? '',
      DriverOpts: null,
    },
  };
}

/** `host` and `none` exist on every machine; their ids only have to stay the same. */
export function specialNetworkId(name: string): string {
  const digit = name === 'host' ? 'a' : 'b';
  return `${digit}0c4`.repeat(16);
}

export function inspectContainer(
  context: ContainerContext,
  described: Described,
  execIds: readonly string[],
): object {
  const { record, container } = described;
  const { config, hostConfig, mounts } = record;
  const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const { sandbox, paths } = container;
  const joined = sandbox?.network;
  const started = record.endpointId !== '';
  return {
    Id: record.id,
    Created: goTime(record.created),
    Path: path,
    Args: args,
    State: state(described),
    Image: record.image,
    ResolvConfPath: started ? paths.resolvConf : '',
    HostnamePath: started ? paths.hostname : '',
    HostsPath: started ? paths.hosts : '',
    LogPath: started && hostConfig.LogConfig.Type !== 'none' ? paths.log : '',
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: execIds.length === 0 ? null : execIds,
    HostConfig: hostConfig,
    GraphDriver: {
      Data: {
        LowerDir: `/run/drydock/images`,
        MergedDir: paths.merged,
        UpperDir: paths.upper,
        WorkDir: paths.work,
      },
      Name: 'overlay2',
    },
    Mounts: mounts,
    Config: config,
    NetworkSettings: {
      Bridge: '',
      SandboxID: sandbox === undefined ? '' : record.sandboxId,
      HairpinMode: false,
      LinkLocalIPv6Address: '',
      LinkLocalIPv6PrefixLen: 0,
      Ports: portMap(config, sandbox),
      SandboxKey:
        sandbox === undefined
          ? ''
          : networkMode(record) === 'host'
            ? '/var/run/docker/netns/default'
            : `/var/run/netns/${sandbox.id}`,
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      EndpointID: joined === undefined ? '' : record.endpointId,
      Gateway: joined?.gateway ?? '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      IPAddress: joined?.address ?? '',
      IPPrefixLen: joined?.prefixLength ?? 0,
      IPv6Gateway: '',
      MacAddress: joined?.mac ?? '',
      Networks: endpoints(context, described),
    },
  };
}

function command({ config }: ContainerRecord): string {
  const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  return [path, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}

/** The image as it was named, or its id when that name means another one by now. */
export function imageName(
  { runtime }: ContainerContext,
  { config, image }: ContainerRecord,
): string {
  let current: string | undefined;
  try {
    current = runtime.images.find(config.Image)?.id;
  } catch {
    current = undefined;
  }
  return current === image ? config.Image : image;
}

export function summarizeContainer(
  context: ContainerContext,
  described: Described,
  now: number,
): Record<string, unknown> {
  const { record, container, status } = described;
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: imageName(context, record),
    ImageID: record.image,
    Command: command(record),
    Created: Math.trunc(record.created / 1000),
    Ports: publishedPorts(portMap(record.config, container.sandbox)),
    Labels: record.config.Labels,
    State: status,
    Status: statusText(described, now),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode },
    NetworkSettings: { Networks: endpoints(context, described) },
    Mounts: record.mounts,
  };
}
