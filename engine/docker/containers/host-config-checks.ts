/** Rules dockerd checks before it creates or updates anything, in its words. */
import { messageOf } from '../../base/message-of.ts';
import { capabilitiesFor } from '../../runtime/oci/capabilities.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import type { HostConfig } from './host-config.ts';
import { parseSignal } from './signals.ts';
import type { GivenConfig, GivenHostConfig } from './create-body.ts';

const MEBIBYTE = 1024 * 1024;
const LEAST_MEMORY = 6 * MEBIBYTE;
/** nanoseconds */
const MILLISECOND = 1e6;

/** The emulated machine has one. */
export const MACHINE_CPUS = 1;

const NO_CPUSET =
  'Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.';

/** What this machine's kernel and cgroup v2 cannot do, with what dockerd says about each. */
const DISCARDED: readonly (readonly [
  field: string,
  isGiven: (value: unknown) => boolean,
  warning: string,
])[] = [
  [
    'MemorySwappiness',
    (value) => typeof value === 'number' && value >= 0,
    'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
  ],
  [
    'KernelMemory',
    isPositive,
    'Specifying a kernel memory limit is deprecated and will be removed in a future release.',
  ],
  [
    'KernelMemory',
    isPositive,
    'Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
  ],
  [
    'OomKillDisable',
    (value) => value === true,
    'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
  ],
  ['CpusetCpus', isText, NO_CPUSET],
  ['CpusetMems', isText, NO_CPUSET],
  ['CpuPercent', isPositive, 'linux does not support CPU percent. Percent discarded.'],
  [
    'BlkioWeight',
    isPositive,
    'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.',
  ],
  [
    'BlkioWeightDevice',
    (value) => Array.isArray(value) && value.length > 0,
    'Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.',
  ],
];

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

const NO_SWAP =
  'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.';

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

/** Throws 400. */
export function checkConfig({ WorkingDir, StopSignal, Env, Healthcheck }: GivenConfig): void {
  if (WorkingDir && !WorkingDir.startsWith('/'))
    throw badRequest(
      `the working directory '${WorkingDir}' is invalid, it needs to be an absolute path`,
    );
  if (StopSignal) parseSignal(StopSignal);
  for (const variable of Env ?? []) {
    if (variable === '' || variable.startsWith('='))
      throw badRequest(`invalid environment variable: ${variable}`);
  }
  const { Interval, Timeout, StartPeriod, StartInterval, Retries } = Healthcheck ?? {};
  const durations = { Interval, Timeout, StartPeriod, StartInterval };
  for (const [name, value] of Object.entries(durations)) {
    if (value && value < MILLISECOND)
      throw badRequest(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if (Retries && Retries < 0) throw badRequest('Retries in Healthcheck cannot be negative');
}

/**
 * Throws 400. Returns what was given without what cannot be had, and the warnings about it.
 * @param update limits may be given one at a time
 */
export function checkHostConfig(
  given: GivenHostConfig,
  { update = false }: { readonly update?: boolean } = {},
): { readonly given: GivenHostConfig; readonly warnings: readonly string[] } {
  checkRestartPolicy(given);
  checkCapabilities(given);
  for (const host of given.ExtraHosts ?? []) checkExtraHost(host);
  checkMemory(given, update);
  checkCpu(given);
  checkModes(given);
  const limitsMemory = (given.Memory ?? 0) > 0;
  const published = Object.keys(given.PortBindings ?? {}).length > 0;
  const warnings = new Set([
    ...(limitsMemory && given.MemorySwap !== -1 ? [NO_SWAP] : []),
    ...DISCARDED.filter(([field, isGiven]) => isGiven(given[field])).map(([, , text]) => text),
    ...(published && given.NetworkMode === 'host'
      ? ['Published ports are discarded when using host network mode']
      : []),
  ]);
  const discarded = new Set(DISCARDED.map(([field]) => field));
  const kept = Object.fromEntries(Object.entries(given).filter(([field]) => !discarded.has(field)));
  return {
    given: limitsMemory ? { ...kept, MemorySwap: -1 } : kept,
    warnings: [...warnings],
  };
}

/** What dockerd says at a start for which it has no device driver. Throws 500. */
export function checkDeviceRequests({ DeviceRequests: requests }: HostConfig): void {
  const [first] = requests ?? [];
  if (first === undefined) return;
  const capabilities = (first.Capabilities ?? []).map((list) => `[${list.join(' ')}]`).join(' ');
  throw new ApiError(
    500,
    `could not select device driver ${JSON.stringify(first.Driver ?? '')} with capabilities: [${capabilities}]`,
  );
}

function checkRestartPolicy({ RestartPolicy, AutoRemove }: GivenHostConfig): void {
  const name = RestartPolicy?.Name || 'no';
  const retries = RestartPolicy?.MaximumRetryCount ?? 0;
  if (AutoRemove === true && name !== 'no')
    throw badRequest("can't create 'AutoRemove' container with restart policy");
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(name))
    throw badRequest(`invalid restart policy '${name}'`);
  if (name !== 'on-failure' && retries !== 0)
    throw badRequest(`maximum retry count cannot be used with restart policy '${name}'`);
  if (retries < 0) throw badRequest('maximum retry count cannot be negative');
}

function checkCapabilities({ CapAdd, CapDrop }: GivenHostConfig): void {
  for (const [field, names] of Object.entries({ CapAdd, CapDrop })) {
    try {
      capabilitiesFor({ capAdd: names ?? [] });
    } catch (error) {
      const reason = messageOf(error);
      throw badRequest(reason.replace('CapAdd', field));
    }
  }
}

function checkExtraHost(host: string): void {
  const colon = host.indexOf(':');
  const address = host.slice(colon + 1);
  if (colon <= 0) throw badRequest(`bad format for add-host: ${JSON.stringify(host)}`);
  if (address !== 'host-gateway' && !/^[\d.]+$|:/.test(address))
    throw badRequest(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}

function checkMemory(
  { Memory: memory, MemorySwap: swap, MemoryReservation: reservation, ShmSize }: GivenHostConfig,
  update: boolean,
): void {
  const limit = memory ?? 0;
  const both = swap ?? 0;
  const soft = reservation ?? 0;
  if (limit !== 0 && limit < LEAST_MEMORY) throw badRequest('Minimum memory limit allowed is 6MB');
  if (limit > 0 && both > 0 && both < limit)
    throw badRequest('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (limit === 0 && both > 0 && !update)
    throw badRequest(
      'You should always set the Memory limit when using Memoryswap limit, see usage',
    );
  if (soft > 0 && soft < LEAST_MEMORY)
    throw badRequest('Minimum memory reservation allowed is 6MB');
  if (limit > 0 && soft > limit)
    throw badRequest(
      'Minimum memory limit can not be less than memory reservation limit, see usage',
    );
  if ((ShmSize ?? 0) < 0) throw badRequest('SHM size can not be less than 0');
}

function checkCpu({ NanoCpus, CpuPeriod, CpuQuota }: GivenHostConfig): void {
  const nano = NanoCpus ?? 0;
  const period = CpuPeriod ?? 0;
  const quota = CpuQuota ?? 0;
  if (nano > 0 && period > 0)
    throw badRequest('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && quota > 0)
    throw badRequest('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nano < 0 || nano > MACHINE_CPUS * 1e9)
    throw badRequest(
      `Range of CPUs is from 0.01 to ${MACHINE_CPUS}.00, as there are only ${MACHINE_CPUS} CPUs available`,
    );
  if (period !== 0 && (period < 1000 || period > 1_000_000))
    throw badRequest(
      'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
    );
  if (quota > 0 && quota < 1000)
    throw badRequest('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

function checkModes(given: GivenHostConfig): void {
  const score = given.OomScoreAdj ?? 0;
  if (score < -1000 || score > 1000)
    throw badRequest(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  const runtime = given.Runtime ?? '';
  if (!['', 'crun', 'runc', 'io.containerd.runc.v2'].includes(runtime))
    throw badRequest(`Unknown runtime specified ${runtime}`);
  const cgroupns = given.CgroupnsMode ?? '';
  if (!['', 'host', 'private'].includes(cgroupns))
    throw badRequest(`invalid cgroup namespace mode: ${cgroupns}`);
  const isolation = typeof given['Isolation'] === 'string' ? given['Isolation'] : '';
  if (!['', 'default'].includes(isolation))
    throw badRequest(
      `Invalid isolation: ${JSON.stringify(isolation)} - linux only supports 'default'`,
    );
  if (Object.keys(given.StorageOpt ?? {}).length > 0)
    throw new ApiError(
      500,
      "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    );
}
