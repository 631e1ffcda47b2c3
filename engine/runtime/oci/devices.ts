/** Devices of the machine that a container sees, and which it may use. */
import type { FileInfo } from '../../api/agent.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ContainerConfig, Resources } from '../types.ts';

/** Element of `linux.devices` of the OCI runtime specification. */
export interface OciDevice {
  readonly path: string;
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  /** permission bits */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Element of `linux.resources.devices`. */
export interface OciDeviceRule {
  readonly allow: boolean;
  readonly access: string;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
}

export interface ContainerDevices {
  readonly devices: readonly OciDevice[];
  readonly rules: readonly OciDeviceRule[];
  readonly blockIo?: OciBlockIo;
}

/** What is below /dev and not the machine's to share. */
const NOT_SHARED = new Set(['pts', 'shm', 'fd', 'mqueue', 'console', '.lxc', '.lxd-mounts']);

/** Looks up what the configuration names. Throws INTERNAL with Docker's message for what is no device. */
export async function containerDevices(
  agent: AgentClient,
  config: ContainerConfig,
): Promise<ContainerDevices> {
  const throttles = await blockIo(agent, config.resources);
  const limits = throttles === undefined ? {} : { blockIo: throttles };
  if (config.privileged === true)
    return { devices: await devicesBelow(agent, '/dev', '/dev'), rules: [], ...limits };
  const devices: OciDevice[] = [];
  const rules: OciDeviceRule[] = (config.deviceRules ?? []).map(parseRule);
  for (const { hostPath, path, access } of config.devices ?? []) {
    const found = await devicesAt(agent, hostPath, path);
    devices.push(...found);
    for (const { type, major, minor } of found)
      rules.push({ allow: true, type, major, minor, access });
  }
  return { devices, rules, ...limits };
}

/** `linux.resources.blockIO` of the OCI runtime specification. */
export interface OciBlockIo {
  readonly throttleReadBpsDevice?: readonly OciRate[];
  readonly throttleWriteBpsDevice?: readonly OciRate[];
  readonly throttleReadIOPSDevice?: readonly OciRate[];
  readonly throttleWriteIOPSDevice?: readonly OciRate[];
}

interface OciRate {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** Limits of block devices; undefined without any. Throws AgentError for a path that does not exist. */
async function blockIo(
  agent: AgentClient,
  { readBps, writeBps, readIops, writeIops }: Resources,
): Promise<OciBlockIo | undefined> {
  const lists = {
    throttleReadBpsDevice: readBps,
    throttleWriteBpsDevice: writeBps,
    throttleReadIOPSDevice: readIops,
    throttleWriteIOPSDevice: writeIops,
  };
  const given = Object.entries(lists).filter(([, rates]) => rates?.length);
  if (given.length === 0) return undefined;
  const resolved = given.map(async ([name, rates]) => {
    const found = (rates ?? []).map(async ({ path, rate }) => {
      const { device } = await agent.call('file.stat', { path });
      return { major: device?.major ?? 0, minor: device?.minor ?? 0, rate };
    });
    return [name, await Promise.all(found)] as const;
  });
  return Object.fromEntries(await Promise.all(resolved));
}

/** A device, or all devices of a directory. */
async function devicesAt(
  agent: AgentClient,
  hostPath: string,
  path: string,
): Promise<readonly OciDevice[]> {
  const failed = (reason: string, cause?: unknown): RuntimeError =>
    new RuntimeError(
      'INTERNAL',
      `error gathering device information while adding custom device ${JSON.stringify(hostPath)}: ${reason}`,
      { cause },
    );
  let info: FileInfo;
  try {
    info = await agent.call('file.stat', { path: hostPath });
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT')
      throw failed('no such file or directory', error);
    throw error;
  }
  if (info.device !== undefined) return [ociDevice(path, info)];
  const found = info.kind === 'directory' ? await devicesBelow(agent, hostPath, path) : [];
  if (found.length === 0) throw failed('not a device node');
  return found;
}

async function devicesBelow(
  agent: AgentClient,
  hostPath: string,
  path: string,
): Promise<readonly OciDevice[]> {
  const { entries } = await agent.call('file.list', { path: hostPath });
  const found: OciDevice[] = [];
  for (const entry of entries) {
    if (NOT_SHARED.has(entry.name)) continue;
    const [from, to] = [`${hostPath}/${entry.name}`, `${path}/${entry.name}`];
    if (entry.kind === 'directory') found.push(...(await devicesBelow(agent, from, to)));
    else if (entry.device !== undefined) found.push(ociDevice(to, entry));
  }
  return found;
}

function ociDevice(path: string, { device, mode, uid, gid }: FileInfo): OciDevice {
  return {
    path,
    type: device?.type === 'block' ? 'b' : 'c',
    major: device?.major ?? 0,
    minor: device?.minor ?? 0,
    fileMode: mode & 0o777,
    uid,
    gid,
  };
}

/** `c 1:3 mr`, with `*` for any number. */
function parseRule(text: string): OciDeviceRule {
  const [, type, major, minor, access = ''] =
    /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text) ?? [];
  if (type === undefined)
    throw new RuntimeError('INVALID', `invalid device cgroup rule format: '${text}'`);
  return {
    allow: true,
    type,
    access,
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
  };
}
