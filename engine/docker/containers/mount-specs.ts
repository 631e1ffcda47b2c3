/** What `-v`, `--mount` and `--volumes-from` say, read and checked as dockerd does on Linux. */
import type { Propagation } from '../../runtime/types.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import type { Labels } from './container-config.ts';
import type { GivenMount } from './create-body.ts';

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
  readonly propagation: Propagation | '';
  readonly nonRecursive: boolean;
  readonly tmpfsOptions: readonly string[];
  readonly labels: Labels | null;
  /** of the volume; empty for any */
  readonly driver: string;
  readonly driverOptions: Labels | null;
  /** the volume is removed with the container */
  readonly anonymous: boolean;
}

export const DEFAULTS: Omit<MountRequest, 'type' | 'target'> = {
  source: '',
  readOnly: false,
  mode: '',
  noCopy: false,
  create: false,
  propagation: '',
  nonRecursive: false,
  tmpfsOptions: [],
  labels: null,
  driver: '',
  driverOptions: null,
  anonymous: false,
};

/** At most one of each kind may be in a mode. */
const MODES: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['Z', 'z'],
  ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'],
  ['nocopy'],
  ['consistent', 'cached', 'delegated'],
];
const PROPAGATIONS = MODES[2] as readonly Propagation[];

export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function isMode(mode: string): boolean {
  const words = mode === '' ? [] : mode.split(',');
  return (
    words.every((word) => MODES.some((kind) => kind.includes(word))) &&
    MODES.every((kind) => words.filter((word) => kind.includes(word)).length <= 1)
  );
}

function propagationIn(mode: string): Propagation | '' {
  return PROPAGATIONS.find((one) => mode.split(',').includes(one)) ?? '';
}

/** @param driver of `--volume-driver` */
export function parseBind(specification: string, driver: string): MountRequest {
  const parts = specification.split(':');
  const [source = '', target = '', mode = ''] = parts;
  const invalid = `invalid volume specification: '${specification}'`;
  // A target with a mode needs a source, too.
  const modeOnly = parts.length === 2 && isMode(target);
  if (parts.length > 3 || source === '' || modeOnly) throw badRequest(invalid);
  if (!isMode(mode)) throw badRequest(`invalid mode: ${mode}`);
  const given: GivenMount =
    parts.length === 1
      ? { Type: 'volume', Target: source }
      : { Type: source.startsWith('/') ? 'bind' : 'volume', Source: source, Target: target };
  const propagation = propagationIn(mode);
  const words = mode.split(',');
  const request = checked(
    {
      ...given,
      ReadOnly: words.includes('ro'),
      ...(propagation === '' ? {} : { BindOptions: { Propagation: propagation } }),
      ...(given.Type === 'volume' && driver !== ''
        ? { VolumeOptions: { DriverConfig: { Name: driver } } }
        : {}),
    },
    `${invalid}: `,
  );
  return {
    ...request,
    create: request.type === 'bind',
    noCopy: words.includes('nocopy'),
    mode: request.type === 'volume' && mode === '' ? 'z' : mode,
  };
}

/** `--mount` */
export function parseMount(given: GivenMount): MountRequest {
  const request = checked(given, '');
  return request.type === 'volume' ? { ...request, mode: 'z' } : request;
}

function checked(given: GivenMount, before: string): MountRequest {
  const { Type: type, Target: target, Source, BindOptions, VolumeOptions, TmpfsOptions } = given;
  const source = Source ?? '';
  const readOnly = given.ReadOnly ?? false;
  const invalid = (why: string): Error =>
    badRequest(`${before}invalid mount config for type ${JSON.stringify(type)}: ${why}`);
  if (target === '') throw invalid('field Target must not be empty');
  if (cleanPath(target) === '/') throw invalid("invalid specification: destination can't be '/'");
  if (!target.startsWith('/'))
    throw invalid(`invalid mount path: '${target}' mount path must be absolute`);
  const common = { ...DEFAULTS, target: cleanPath(target), readOnly };
  switch (type) {
    case 'bind': {
      const propagation = BindOptions?.Propagation ?? '';
      if (source === '') throw invalid('field Source must not be empty');
      if (propagation !== '' && propagationIn(propagation) !== propagation)
        throw invalid(`invalid propagation mode: ${propagation}`);
      if (VolumeOptions) throw invalid('field VolumeOptions must not be specified');
      if (!source.startsWith('/'))
        throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
      return {
        ...common,
        type,
        source: cleanPath(source),
        propagation: propagationIn(propagation) || 'rprivate',
        nonRecursive: BindOptions?.NonRecursive ?? false,
        create: BindOptions?.CreateMountpoint ?? false,
      };
    }
    case 'volume':
      if (BindOptions) throw invalid('field BindOptions must not be specified');
      if (source === '' && readOnly)
        throw invalid('must not set ReadOnly mode when using anonymous volumes');
      return {
        ...common,
        type,
        source,
        noCopy: VolumeOptions?.NoCopy ?? false,
        labels: VolumeOptions?.Labels ?? null,
        driver: VolumeOptions?.DriverConfig?.Name ?? '',
        driverOptions: VolumeOptions?.DriverConfig?.Options ?? null,
        anonymous: source === '',
      };
    case 'tmpfs': {
      if (BindOptions) throw invalid('field BindOptions must not be specified');
      if (source !== '') throw invalid('field Source must not be specified');
      const { SizeBytes: size, Mode: mode } = TmpfsOptions ?? {};
      const tmpfsOptions = [
        ...(readOnly ? ['ro'] : []),
        ...(mode ? [`mode=${mode.toString(8)}`] : []),
        ...(size ? [`size=${size}`] : []),
      ];
      return { ...common, type, tmpfsOptions };
    }
    default:
      throw invalid('mount type unknown');
  }
}

/** `NAME` or `NAME:MODE` */
export function parseVolumesFrom(from: string): {
  readonly reference: string;
  readonly readOnly: boolean;
} {
  if (from === '') throw badRequest('volumes-from specification cannot be an empty string');
  const colon = from.indexOf(':');
  const [reference, mode] = colon < 0 ? [from, ''] : [from.slice(0, colon), from.slice(colon + 1)];
  const words = mode.split(',');
  if (!isMode(mode) || propagationIn(mode) !== '' || words.includes('nocopy'))
    throw badRequest(`invalid mode: ${mode}`);
  return { reference, readOnly: words.includes('ro') };
}

/** Flags of a tmpfs; of each pair the last one counts. */
const TMPFS_FLAGS: readonly (readonly string[])[] = [
  ['ro', 'rw'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
  ['sync', 'async'],
  ['dirsync'],
  ['mand', 'nomand'],
  ['atime', 'noatime'],
  ['diratime', 'nodiratime'],
  ['relatime', 'norelatime'],
  ['strictatime', 'nostrictatime'],
  [...PROPAGATIONS, 'unbindable', 'runbindable', 'bind', 'rbind'],
];
const TMPFS_VALUES = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol'];

/** What remains of options of which later ones override earlier ones. */
export function mergeTmpfsOptions(options: readonly string[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const option of options) {
    if (option === 'defaults') continue;
    const flags = TMPFS_FLAGS.find((kind) => kind.includes(option));
    const key = flags?.[0] ?? option.split('=', 1)[0] ?? '';
    merged.delete(key);
    merged.set(key, option);
  }
  return [...merged.values()];
}

/** Throws 500 for an option that is none: dockerd notices when a container starts. */
export function checkTmpfsOptions(options: readonly string[]): void {
  for (const option of options) {
    if (option === 'defaults' || TMPFS_FLAGS.some((kind) => kind.includes(option))) continue;
    const equals = option.indexOf('=');
    const words = equals < 0 ? [option] : [option.slice(0, equals), option.slice(equals + 1)];
    if (equals < 0 || !TMPFS_VALUES.includes(words[0] ?? ''))
      throw new ApiError(
        500,
        `invalid tmpfs option [${words.map((word) => JSON.stringify(word)).join(' ')}]`,
      );
  }
}
