/** `Config` of a container, complete and in dockerd's order, as `docker inspect` prints it. */
import type { ImageRunConfig } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { GivenConfig } from './create-body.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
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
    name: 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval' | 'Retries',
  ): Partial<Record<typeof name, number>> => {
    const value = given?.[name] || image?.[name];
    return value ? { [name]: value } : {};
  };
  return {
    ...(test === undefined ? {} : { Test: test }),
    ...pick('Interval'),
    ...pick('Timeout'),
    ...pick('StartPeriod'),
    ...pick('StartInterval'),
    ...pick('Retries'),
  };
}
