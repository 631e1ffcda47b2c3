/** From `-v`, `--mount`, `--tmpfs`, `VOLUME` and `--volumes-from` to mounts. */
import type { Mount } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { Config, HostConfig, Labels } from './container-config.ts';
import type { GivenMount } from './create-body.ts';

/** An element of `Mounts` in `docker inspect`, with what the runtime needs beside it. */
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

/** A mount that was asked for, before its volume exists. */
export interface MountRequest {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** volume name, or path on the machine; empty for an anonymous volume */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** as written after the second colon */
  readonly mode: string;
  readonly noCopy: boolean;
  /** a missing source directory is made (`-v`), or an error (`--mount`) */
  readonly create: boolean;
  readonly tmpfsOptions: readonly string[];
  readonly labels: Labels;
}

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const base = {
  mode: '',
  noCopy: false,
  create: false,
  readOnly: false,
  tmpfsOptions: [],
  labels: {},
};

/** Throws 400 unless `name` can name a volume. */
export function checkVolumeName(name: string): void {
  if (volumeName.test(name)) return;
  throw badRequest(
    `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function checkTarget(specification: string, target: string): void {
  if (!target.startsWith('/')) {
    throw badRequest(
      `invalid volume specification: '${specification}': invalid mount config for type "volume": invalid mount path: '${target}' mount path must be absolute`,
    );
  }
  if (clean(target) === '/')
    throw badRequest(
      `invalid volume specification: '${specification}': invalid mount config: destination can't be '/'`,
    );
}

function parseBind(specification: string): MountRequest {
  const parts = specification.split(':');
  const [source = '', target = '', mode = ''] = parts;
  if (parts.length > 3 || source === '' || (parts.length > 1 && target === ''))
    throw badRequest(`invalid volume specification: '${specification}'`);
  if (parts.length === 1) {
    checkTarget(specification, source);
    return { ...base, type: 'volume', source: '', target: clean(source) };
  }
  checkTarget(specification, target);
  const modes = mode === '' ? [] : mode.split(',');
  for (const one of modes) {
    if (!['ro', 'rw', 'z', 'Z', 'nocopy', ...PROPAGATIONS].includes(one))
      throw badRequest(`invalid mode: ${mode}`);
  }
  const common = {
    ...base,
    target: clean(target),
    readOnly: modes.includes('ro'),
    mode,
    noCopy: modes.includes('nocopy'),
  };
  if (source.startsWith('/'))
    return { ...common, type: 'bind', source: clean(source), create: true };
  checkVolumeName(source);
  return { ...common, type: 'volume', source, mode: mode === '' ? 'z' : mode };
}

function fromMount(given: GivenMount): MountRequest {
  const invalid = (why: string): Error =>
    badRequest(`invalid mount config for type ${JSON.stringify(given.Type)}: ${why}`);
  if (given.Target === '') throw invalid('field Target must not be empty');
  if (!given.Target.startsWith('/'))
    throw invalid(`invalid mount path: '${given.Target}' mount path must be absolute`);
  const common = { ...base, target: clean(given.Target), readOnly: given.ReadOnly ?? false };
  const source = given.Source ?? '';
  switch (given.Type) {
    case 'bind':
      if (source === '') throw invalid('field Source must not be empty');
      if (!source.startsWith('/'))
        throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
      return { ...common, type: 'bind', source: clean(source) };
    case 'volume':
      if (source !== '') checkVolumeName(source);
      return {
        ...common,
        type: 'volume',
        source,
        mode: 'z',
        noCopy: given.VolumeOptions?.NoCopy ?? false,
        labels: given.VolumeOptions?.Labels ?? {},
      };
    case 'tmpfs': {
      const { SizeBytes: size, Mode: mode } = given.TmpfsOptions ?? {};
      return {
        ...common,
        type: 'tmpfs',
        source: '',
        tmpfsOptions: [
          ...(size ? [`size=${size}`] : []),
          ...(mode ? [`mode=${mode.toString(8)}`] : []),
        ],
      };
    }
    default:
      throw badRequest(
        `invalid mount config for type ${JSON.stringify(given.Type)}: mount type unknown`,
      );
  }
}

/** All mounts of a new container, one a target, in the order of precedence dockerd has. Throws 400. */
export function mountRequests(
  config: Config,
  host: HostConfig,
  inherited: readonly MountPoint[],
): readonly MountRequest[] {
  const byTarget = new Map<string, MountRequest>();
  for (const point of inherited) {
    const source = point.Type === 'volume' ? (point.Name ?? '') : point.Source;
    byTarget.set(point.Destination, {
      ...base,
      type: point.Type,
      source,
      target: point.Destination,
      readOnly: !point.RW,
      mode: point.Mode,
    });
  }
  const explicit = new Set<string>();
  const add = (request: MountRequest): void => {
    if (explicit.has(request.target)) throw badRequest(`Duplicate mount point: ${request.target}`);
    explicit.add(request.target);
    byTarget.set(request.target, request);
  };
  for (const specification of host.Binds ?? []) add(parseBind(specification));
  for (const [target, options] of Object.entries(host.Tmpfs ?? {})) {
    add({
      ...base,
      type: 'tmpfs',
      source: '',
      target: clean(target),
      tmpfsOptions: options === '' ? [] : options.split(','),
    });
  }
  for (const given of host.Mounts ?? []) add(fromMount(given));
  for (const target of Object.keys(config.Volumes ?? {})) {
    if (!byTarget.has(clean(target)))
      byTarget.set(clean(target), { ...base, type: 'volume', source: '', target: clean(target) });
  }
  return [...byTarget.values()];
}

export function mountPoint(
  request: MountRequest,
  volume: { readonly name: string; readonly mountpoint: string } | undefined,
): MountPoint {
  const { type, source, target, mode, readOnly } = request;
  const common = { Destination: target, Mode: mode, RW: !readOnly };
  if (type === 'volume' && volume !== undefined) {
    return {
      Type: type,
      Name: volume.name,
      Source: volume.mountpoint,
      Destination: target,
      Driver: 'local',
      Mode: mode,
      RW: !readOnly,
      Propagation: '',
    };
  }
  if (type === 'bind') return { Type: type, Source: source, ...common, Propagation: 'rprivate' };
  return { Type: 'tmpfs', Source: '', ...common, Propagation: '' };
}

export function runtimeMount(request: MountRequest, volume: string | undefined): Mount {
  const { type, source, target, readOnly } = request;
  if (type === 'volume' && volume !== undefined)
    return { kind: 'volume', volume, target, readOnly, noCopy: request.noCopy };
  if (type === 'bind') return { kind: 'bind', source, target, readOnly, create: request.create };
  return { kind: 'tmpfs', target, options: request.tmpfsOptions };
}
