/** `docker update`: limits and the restart policy of a container that exists. */
import { conflict } from '../api/api-error.ts';
import type { ContainerRecord } from './container-record.ts';
import { hostConfigSchema, type GivenHostConfig } from './create-body.ts';
import { completeHostConfig, type HostConfig } from './host-config.ts';
import { checkHostConfig } from './host-config-checks.ts';

/** What `docker update` may change; zero and nothing mean "as it is". */
const LIMITS = [
  'BlkioWeight',
  'CpuShares',
  'NanoCpus',
  'CpuPeriod',
  'CpuQuota',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
] as const;

/** The container's configuration after the change. Throws 400 or 409 in dockerd's words. */
export function updatedHostConfig(
  record: ContainerRecord,
  asked: GivenHostConfig,
): { readonly hostConfig: HostConfig; readonly warnings: readonly string[] } {
  const { given, warnings } = checkHostConfig(asked, { update: true });
  const before = record.hostConfig;
  checkConflicts(record, given);
  const changes = Object.fromEntries(
    LIMITS.filter((name) => given[name] !== 0 && given[name] !== '' && given[name] !== null).map(
      (name) => [name, given[name] ?? before[name]],
    ),
  );
  const policy = given.RestartPolicy?.Name ? { RestartPolicy: given.RestartPolicy } : {};
  const pids =
    given.PidsLimit === null || given.PidsLimit === undefined ? {} : { PidsLimit: given.PidsLimit };
  const hostConfig = completeHostConfig(
    hostConfigSchema.parse({ ...before, ...changes, ...pids, ...policy }),
  );
  return { hostConfig, warnings };
}

function checkConflicts({ id, hostConfig: before }: ContainerRecord, given: GivenHostConfig): void {
  const refuse = (reason: string): never => {
    throw conflict(`Cannot update container ${id}: ${reason}`);
  };
  const isSet = (value: number | null | undefined): boolean => (value ?? 0) > 0;
  if (isSet(given.NanoCpus) && before.CpuPeriod > 0)
    refuse('Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set');
  if (isSet(given.NanoCpus) && before.CpuQuota > 0)
    refuse('Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set');
  if (isSet(given.CpuPeriod) && before.NanoCpus > 0)
    refuse('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set');
  if (isSet(given.CpuQuota) && before.NanoCpus > 0)
    refuse('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set');
  const { Memory: memory, MemorySwap: swap } = given;
  if (isSet(memory) && (memory ?? 0) > before.MemorySwap && (swap ?? 0) === 0)
    refuse(
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
  const policy = given.RestartPolicy?.Name ?? '';
  if (before.AutoRemove && policy !== '' && policy !== 'no')
    refuse('Restart policy cannot be updated because AutoRemove is enabled for the container');
}
