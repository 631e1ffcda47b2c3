import type { OverlaySpec, TaskSpec, TerminalSize } from '../../api/agent.ts';
import { networkFiles } from '../oci/network-files.ts';
import type { ContainerDevices } from '../oci/devices.ts';
import { ociSpec, type JoinedNamespaces } from '../oci/spec.ts';
import type { ResolvedUser } from '../oci/users.ts';
import type { Mount, Sandbox, Volume } from '../types.ts';
import { containerPaths, podPaths } from './container-paths.ts';
import type { ContainerRecord } from './records.ts';

/** Where the machine mounts published trees. */
const IMAGE_ROOT = '/run/drydock/images';
/** A terminal nobody has resized yet. */
const DEFAULT_SIZE: TerminalSize = { rows: 24, cols: 80 };

export interface TaskInput {
  readonly record: ContainerRecord;
  readonly sandbox: Sandbox;
  /** name of the published tree */
  readonly tree: string;
  readonly user: ResolvedUser;
  readonly volumes: (name: string) => Volume | undefined;
  readonly machineResolvConf: string;
  /** the machine's /etc/hosts, when the container is on the machine's network */
  readonly machineHosts: string | undefined;
  readonly devices: ContainerDevices;
  readonly joined: JoinedNamespaces;
  /** the container whose sandbox it shares: its files of names are shared, too */
  readonly owner: ContainerRecord | undefined;
  readonly size: TerminalSize | undefined;
}

export function overlayOf(record: ContainerRecord, tree: string): OverlaySpec {
  const { upper, work, merged } = containerPaths(record.config);
  return { lower: [`${IMAGE_ROOT}/${tree}`], upper, work, target: merged };
}

/** Everything the agent needs to start a container in one round trip. */
export function taskSpec({
  record,
  sandbox,
  tree,
  user,
  volumes,
  machineResolvConf,
  machineHosts,
  owner,
  devices,
  joined,
  size,
}: TaskInput): TaskSpec {
  const { hostname, added } = record;
  const config = { ...record.config, env: [...(added?.env ?? []), ...record.config.env] };
  const paths = containerPaths(config);
  const nameFiles =
    sandbox.pod === undefined ? containerPaths((owner ?? record).config) : podPaths(sandbox.id);
  const files = networkFiles({
    hostname,
    domainname: config.domainname,
    addresses: sandbox.endpoints.map(({ address }) => address),
    tellsNames: sandbox.tellsNames,
    extraHosts: [...(config.extraHosts ?? []), ...(added?.hosts ?? [])],
    dns: config.dns,
    machineResolvConf,
    machineHosts,
  });
  const sourceOf = (mount: Mount): string => {
    if (mount.kind === 'bind') return mount.source;
    return mount.kind === 'volume' ? (volumes(mount.volume)?.mountpoint ?? '') : '';
  };
  const log = config.log ?? { format: 'json-file' };
  return {
    id: record.id,
    sandbox: sandbox.id,
    overlay: overlayOf(record, tree),
    config: ociSpec({
      config,
      user,
      hostname,
      ownNetwork: !isOnMachine(sandbox),
      files: nameFiles,
      mounts: config.mounts.map((mount) => ({ mount, source: sourceOf(mount) })),
      devices,
      joined,
    }),
    files:
      owner === undefined && sandbox.pod === undefined
        ? [
            { path: paths.hostname, mode: 0o644, content: files.hostname },
            { path: paths.hosts, mode: 0o644, content: files.hosts },
            { path: paths.resolvConf, mode: 0o644, content: files.resolvConf },
          ]
        : [],
    directories: config.mounts.flatMap((mount) =>
      mount.kind === 'bind' && mount.create ? [mount.source] : [],
    ),
    stdin: config.openStdin,
    ...(config.tty ? { tty: size ?? DEFAULT_SIZE } : {}),
    ...(log === 'none'
      ? {}
      : {
          log: {
            path: paths.log,
            format: log.format,
            ...(log.maxBytes === undefined ? {} : { maxBytes: log.maxBytes }),
            ...(log.maxFiles === undefined ? {} : { maxFiles: log.maxFiles }),
            ...(log.compress === true ? { compress: true } : {}),
          },
        }),
  };
}

function isOnMachine({ config: { network } }: Sandbox): boolean {
  return network.kind === 'host' || (network.kind === 'pod' && network.network === 'host');
}
