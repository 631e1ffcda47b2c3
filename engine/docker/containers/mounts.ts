/** From `-v`, `--mount`, `--tmpfs`, `VOLUME` and `--volumes-from` to mounts. */
import type { Mount } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { Config } from './container-config.ts';
import type { HostConfig } from './host-config.ts';
import {
  cleanPath,
  DEFAULTS,
  mergeTmpfsOptions,
  parseBind,
  parseMount,
  type MountRequest,
} from './mount-specs.ts';

/** An element of `Mounts` in `docker inspect`. */
export interface MountPoint {
  readonly Type: 'bind' | 'volume' | 'tmpfs';
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

/** All mounts of a new container, one a target, in the order of precedence dockerd has. Throws 400. */
export function mountRequests(
  config: Config,
  host: HostConfig,
  inherited: readonly MountRequest[],
): readonly MountRequest[] {
  const byTarget = new Map(inherited.map((request) => [request.target, request]));
  const tmpfs = Object.keys(host.Tmpfs ?? {}).map(cleanPath);
  const explicit = new Set<string>();
  const add = (request: MountRequest, written: string): void => {
    if (explicit.has(request.target)) throw badRequest(`Duplicate mount point: ${written}`);
    explicit.add(request.target);
    byTarget.set(request.target, request);
  };
  for (const specification of host.Binds ?? []) {
    const request = parseBind(specification, host.VolumeDriver);
    if (tmpfs.includes(request.target))
      throw badRequest(`Duplicate mount point: ${request.target}`);
    add(request, request.target);
  }
  for (const given of host.Mounts ?? []) add(parseMount(given), given.Target);
  for (const path of Object.keys(config.Volumes ?? {})) {
    const target = cleanPath(path);
    if (byTarget.has(target) || tmpfs.includes(target)) continue;
    byTarget.set(target, { ...DEFAULTS, type: 'volume', target, anonymous: true });
  }
  return [...byTarget.values()];
}

/** `--tmpfs`, which inspect does not count among mounts. Throws 400. */
export function tmpfsMounts({ Tmpfs: given }: HostConfig): readonly Mount[] {
  return Object.entries(given ?? {}).map(([path, options]) => {
    if (!path.startsWith('/'))
      throw badRequest(`invalid mount path: '${path}' mount path must be absolute`);
    const target = cleanPath(path);
    if (target === '/') throw badRequest("invalid specification: destination can't be '/'");
    const merged = mergeTmpfsOptions([
      'noexec',
      'nosuid',
      'nodev',
      'rprivate',
      ...(options === '' ? [] : options.split(',')),
    ]);
    return { kind: 'tmpfs', target, options: merged };
  });
}

/** Another container's mount, for a container that takes its volumes. */
export function inheritedMount(mount: Mount, readOnly: boolean): MountRequest {
  const { target } = mount;
  if (mount.kind === 'tmpfs')
    return { ...DEFAULTS, type: 'tmpfs', target, tmpfsOptions: mount.options };
  return {
    ...DEFAULTS,
    type: mount.kind,
    source: mount.kind === 'volume' ? mount.volume : mount.source,
    target,
    readOnly: mount.readOnly || readOnly,
    propagation: mount.propagation ?? (mount.kind === 'bind' ? 'rprivate' : ''),
    noCopy: true,
    anonymous: mount.kind === 'volume' && mount.anonymous === true,
    nonRecursive: mount.kind === 'bind' && mount.nonRecursive === true,
  };
}

export function mountPoint(
  { type, source, target, mode, readOnly, propagation }: MountRequest,
  volume: { readonly name: string; readonly mountpoint: string } | undefined,
): MountPoint {
  return {
    Type: type,
    ...(volume === undefined ? {} : { Name: volume.name }),
    Source: volume?.mountpoint ?? source,
    Destination: target,
    ...(volume === undefined ? {} : { Driver: 'local' }),
    Mode: mode,
    RW: !readOnly,
    Propagation: propagation,
  };
}

export function runtimeMount(request: MountRequest, volume: string | undefined): Mount {
  const { type, source, target, readOnly, propagation } = request;
  const how = propagation === '' ? {} : { propagation };
  if (type === 'tmpfs')
    return {
      kind: 'tmpfs',
      target,
      options: mergeTmpfsOptions([
        'noexec',
        'nosuid',
        'nodev',
        'rprivate',
        ...request.tmpfsOptions,
      ]),
    };
  if (type === 'volume' && volume !== undefined) {
    const { noCopy, anonymous } = request;
    return { kind: 'volume', volume, target, readOnly, noCopy, anonymous, ...how };
  }
  const { create, nonRecursive } = request;
  return { kind: 'bind', source, target, readOnly, create, nonRecursive, ...how };
}
