import { RuntimeError } from '../runtime-error.ts';

/** What Docker grants a container unless told otherwise (docs.docker.com, "Runtime privilege and Linux capabilities"). */
const DEFAULT_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

/** Capabilities of Linux 5.8 and later, which dockerd 20.10 grants only by name. */
const RECENT_CAPABILITIES = ['BPF', 'CHECKPOINT_RESTORE', 'PERFMON'];

/** What `ALL` and `--privileged` mean (capabilities(7)). */
const ALL_CAPABILITIES = [
  ...DEFAULT_CAPABILITIES,
  'AUDIT_CONTROL',
  'AUDIT_READ',
  'BLOCK_SUSPEND',
  'DAC_READ_SEARCH',
  'IPC_LOCK',
  'IPC_OWNER',
  'LEASE',
  'LINUX_IMMUTABLE',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'NET_ADMIN',
  'NET_BROADCAST',
  'SYSLOG',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_MODULE',
  'SYS_NICE',
  'SYS_PACCT',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'WAKE_ALARM',
];

export interface CapabilityChoice {
  readonly privileged?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
}

/** Names with `CAP_`, sorted. `ALL` in either list means every one. Throws INVALID for an unknown name. */
export function capabilitiesFor({
  privileged = false,
  capAdd = [],
  capDrop = [],
}: CapabilityChoice): string[] {
  const add = capAdd.map(normalised);
  const drop = capDrop.map(normalised);
  const chosen = new Set(
    privileged || add.includes('ALL')
      ? ALL_CAPABILITIES
      : drop.includes('ALL')
        ? []
        : DEFAULT_CAPABILITIES,
  );
  if (!privileged) {
    for (const name of drop) chosen.delete(name);
    for (const name of add) if (name !== 'ALL') chosen.add(name);
  }
  return [...chosen].map((name) => `CAP_${name}`).sort();
}

function normalised(name: string): string {
  const plain = name.toUpperCase().replace(/^CAP_/, '');
  if (plain !== 'ALL' && ![...ALL_CAPABILITIES, ...RECENT_CAPABILITIES].includes(plain))
    throw new RuntimeError('INVALID', `invalid CapAdd: unknown capability: "${`CAP_${plain}`}"`);
  return plain;
}
