/** Containers as `docker inspect` and `docker ps` show them, field by field in dockerd's order. */
import type { Container } from '../../runtime/types.ts';
import { networkNameOf } from '../networks/container-endpoints.ts';
import { shownLinks } from '../networks/links.ts';
import { goTime, humanDuration } from '../../base/go-format.ts';
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

/** `NetworkSettings.Networks` */
function endpoints(
  { networks }: ContainerContext,
  { record, container }: Described,
  withNames: boolean,
): Record<string, object> {
  const { sandbox } = container;
  const up = sandbox !== undefined;
  return Object.fromEntries(
    Object.entries(record.networks).map(([name, settings]) => {
      const network = networks.find(settings.NetworkID || name);
      const joined = sandbox?.endpoints.find(({ networkId }) => networkId === network?.id);
      return [
        name,
        {
          IPAMConfig: settings.IPAMConfig,
          Links: withNames ? settings.Links : null,
          Aliases: withNames ? settings.Aliases : null,
          NetworkID: settings.NetworkID,
          EndpointID: up ? settings.EndpointID : '',
          Gateway: joined?.gateway ?? '',
          IPAddress: joined?.address ?? '',
          IPPrefixLen: joined?.prefixLength ?? 0,
          IPv6Gateway: '',
          GlobalIPv6Address: '',
          GlobalIPv6PrefixLen: 0,
          MacAddress: joined?.mac ?? '',
          DriverOpts: settings.DriverOpts,
        },
      ];
    }),
  );
}

export function inspectContainer(
  context: ContainerContext,
  described: Described,
  execIds: readonly string[],
): Readonly<Record<string, unknown>> {
  const { record, container } = described;
  const { config, hostConfig, mounts } = record;
  const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const { sandbox, paths } = container;
  const joined = sandbox?.endpoints.find(({ network }) => network === 'bridge');
  const started = record.sandboxId !== '';
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
    HostConfig: { ...hostConfig, Links: shownLinks(context, record) },
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
          : networkNameOf(record.hostConfig) === 'host'
            ? '/var/run/docker/netns/default'
            : `/var/run/docker/netns/${record.sandboxId.slice(0, 12)}`,
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      EndpointID: joined === undefined ? '' : (record.networks['bridge']?.EndpointID ?? ''),
      Gateway: joined?.gateway ?? '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      IPAddress: joined?.address ?? '',
      IPPrefixLen: joined?.prefixLength ?? 0,
      IPv6Gateway: '',
      MacAddress: joined?.mac ?? '',
      Networks: endpoints(context, described, true),
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
    Names: [record.name, ...context.records.linkNames(record)].map((name) => `/${name}`),
    Image: imageName(context, record),
    ImageID: record.image,
    Command: command(record),
    Created: Math.trunc(record.created / 1000),
    Ports: publishedPorts(portMap(record.config, container.sandbox)),
    Labels: record.config.Labels,
    State: status,
    Status: statusText(described, now),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode },
    NetworkSettings: { Networks: endpoints(context, described, false) },
    Mounts: record.mounts,
  };
}
