/** `--log-driver` and `--log-opt`. */
import type { ContainerConfig } from '../../runtime/types.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import { parseBool } from '../../base/go-format.ts';
import type { HostConfig } from './host-config.ts';

/** Those of every driver. */
const COMMON = ['mode', 'max-buffer-size'];
const FILES = ['max-size', 'max-file', 'compress'];
/** Options by driver (docs.docker.com, "Configure logging drivers"). */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'json-file': [...FILES, 'labels', 'labels-regex', 'env', 'env-regex', 'tag'],
  local: FILES,
};
/** Of the driver `local`, which rotates unless told otherwise: bytes and files. */
const LOCAL_LIMITS = { maxBytes: 20e6, maxFiles: 5, compress: true };

/** What dockerd checks when a container is created: the driver, and names of options. Throws 400. */
export function checkLogOptions({
  LogConfig: { Type: driver, Config: options },
}: HostConfig): void {
  if (driver === 'none') return;
  const known = OPTIONS[driver];
  if (known === undefined)
    throw badRequest(
      `error looking up logging plugin ${driver}: plugin ${JSON.stringify(driver)} not found`,
    );
  const { mode = '', 'max-buffer-size': buffer } = options;
  if (!['', 'blocking', 'non-blocking'].includes(mode))
    throw badRequest(`logger: logging mode not supported: ${mode}`);
  if (buffer !== undefined && mode !== 'non-blocking')
    throw badRequest("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  for (const option of Object.keys(options)) {
    if ([...COMMON, ...known].includes(option)) continue;
    const where = driver === 'local' ? 'log driver local' : `${driver} log driver`;
    throw badRequest(`unknown log opt '${option}' for ${where}`);
  }
}

/** What dockerd finds wrong only when a container starts: values of options. Throws 500. */
export function checkLogValues(host: HostConfig): void {
  const { Type: driver, Config: options } = host.LogConfig;
  const fail = (why: string): never => {
    throw new ApiError(500, `failed to initialize logging driver: ${why}`);
  };
  const { 'max-size': size, 'max-file': files, compress: compressed } = options;
  const isLocal = driver === 'local';
  const invalid = (option: string, value: string, why: string): never =>
    fail(isLocal ? `invalid value for ${option}: ${value}: ${why}` : why);
  if (size !== undefined) {
    const bytes = humanSize(size);
    if (bytes === undefined) invalid('max-size', size, `invalid size: '${size}'`);
    else if (!isLocal && bytes <= 0) fail('max-size must be a positive number');
  }
  if (files !== undefined) {
    if (!/^[-+]?\d+$/.test(files))
      invalid('max-file', files, `strconv.Atoi: parsing ${JSON.stringify(files)}: invalid syntax`);
    else if (!isLocal && Number(files) < 1) fail('max-file cannot be less than 1');
    else if (Number(files) < 0) fail('max file count cannot be less than 0');
  }
  if (compressed !== undefined && parseBool(compressed) === undefined) {
    const why = `strconv.ParseBool: parsing ${JSON.stringify(compressed)}: invalid syntax`;
    fail(isLocal ? `error reading compress log option: ${why}` : why);
  }
  for (const pattern of [options['labels-regex'], options['env-regex']]) {
    if (pattern !== undefined && !isPattern(pattern)) fail(`error parsing regexp: \`${pattern}\``);
  }
  const log = logConfig(host);
  if (log === 'none' || log.compress !== true) return;
  if (isLocal && (log.maxFiles ?? 1) <= 1)
    fail('compression cannot be enabled when max file count is 1');
  if (!isLocal && ((log.maxFiles ?? 1) < 2 || log.maxBytes === undefined))
    fail('compress cannot be true when max-file is less than 2 or max-size is not set');
}

/** How the runtime logs. Values that make no sense are left out: the start will refuse them. */
export function logConfig({
  LogConfig: { Type: driver, Config: options },
}: HostConfig): NonNullable<ContainerConfig['log']> {
  if (driver === 'none') return 'none';
  const { 'max-size': size, 'max-file': files = '', compress: compressed } = options;
  const maxBytes = size === undefined ? undefined : humanSize(size);
  const compress = compressed === undefined ? undefined : parseBool(compressed);
  return {
    format: 'json-file',
    ...(driver === 'local' ? LOCAL_LIMITS : {}),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(/^\d+$/.test(files) ? { maxFiles: Number(files) } : {}),
    ...(compress === undefined ? {} : { compress }),
  };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** `10m` is ten million bytes, as Docker's own units have it. */
function humanSize(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  if (amount === undefined) return undefined;
  return Math.trunc(
    Number(amount) * 1000 ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(unit.toLowerCase()),
  );
}
