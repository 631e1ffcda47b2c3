import type { ContainerConfig, Image, Mount, Propagation, Resources } from '../types.ts';
import {
  CriError,
  type CriContainerConfig,
  type CriMount,
  type LinuxContainerResources,
  type LinuxContainerSecurityContext,
  type PodSandboxConfig,
} from './types.ts';

export interface ContainerConfigInput {
  readonly id: string;
  readonly podSandboxId: string;
  readonly config: CriContainerConfig;
  readonly sandboxConfig: PodSandboxConfig;
  readonly image: Image;
  /** name of the Pod, or of the machine where it has none */
  readonly hostname: string;
  /** id of the Pod's first process, where its containers share process ids */
  readonly pause: string | undefined;
  /** text of a seccomp profile that is a file of the node */
  readonly seccompProfile: string | undefined;
  /** names for volumes that the image declares */
  readonly newVolume: () => string;
  readonly labels: Readonly<Record<string, string>>;
  readonly logPath: string;
}

const PROPAGATION: Readonly<Record<NonNullable<CriMount['propagation']>, Propagation>> = {
  PROPAGATION_PRIVATE: 'rprivate',
  PROPAGATION_HOST_TO_CONTAINER: 'rslave',
  PROPAGATION_BIDIRECTIONAL: 'rshared',
};

/** A container of a Pod as the runtime understands it. Throws INVALID_ARGUMENT or UNKNOWN in containerd's words. */
export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { id, podSandboxId, config, sandboxConfig, image, hostname } = input;
  const { securityContext } = config;
  const stopSignal = config.stopSignal ?? image.config.config?.StopSignal;
  const user = userOf(securityContext, image);
  return {
    id,
    image: image.id,
    sandbox: { kind: 'shared', id: podSandboxId },
    args: argsOf(config, image),
    env: [
      ...(image.config.config?.Env ?? []),
      ...config.envs.map(({ key, value }) => `${key}=${value}`),
    ],
    cwd: config.workingDir || image.config.config?.WorkingDir || '/',
    ...(user === '' ? {} : { user }),
    groupAdd: securityContext.supplementalGroups.map(String),
    hostname,
    tty: config.tty,
    openStdin: config.stdin,
    ...(stopSignal ? { stopSignal } : {}),
    mounts: [...config.mounts.map(bindMount), ...imageVolumes(input)],
    resources: resourcesOf(config.resources),
    ...(config.resources.oomScoreAdj === undefined
      ? {}
      : { oomScoreAdj: config.resources.oomScoreAdj }),
    ...security(securityContext, input.seccompProfile),
    ...pidOf(securityContext, input.pause),
    devices: config.devices.map(({ containerPath, hostPath, permissions }) => ({
      path: containerPath,
      hostPath,
      access: permissions,
    })),
    log: { format: 'cri', path: input.logPath },
    cgroupParent: sandboxConfig.cgroupParent,
    labels: input.labels,
  };
}

/** Command and arguments of Pod and image, as containerd puts them together. */
function argsOf(config: CriContainerConfig, image: Image): readonly string[] {
  const { Entrypoint, Cmd } = image.config.config ?? {};
  const { command } = config;
  if (command.length > 0) return [...command, ...config.args];
  const args = config.args.length > 0 ? config.args : (Cmd ?? []);
  const whole = [...(Entrypoint ?? []), ...args];
  if (whole.length === 0) throw new CriError('UNKNOWN', 'no command specified');
  return whole;
}

function userOf(context: LinuxContainerSecurityContext, image: Image): string {
  const { runAsUser, runAsUsername = '', runAsGroup } = context;
  const user = runAsUser === undefined ? runAsUsername : String(runAsUser);
  if (user !== '') return runAsGroup === undefined ? user : `${user}:${runAsGroup}`;
  if (runAsGroup !== undefined)
    throw new CriError(
      'UNKNOWN',
      `failed to generate user string: user group "${runAsGroup}" is specified without user`,
    );
  return image.config.config?.User ?? '';
}

function bindMount({ containerPath, hostPath, readonly, propagation }: CriMount): Mount {
  return {
    kind: 'bind',
    source: hostPath,
    target: containerPath,
    readOnly: readonly,
    create: true,
    ...(propagation === undefined || propagation === 'PROPAGATION_PRIVATE'
      ? {}
      : { propagation: PROPAGATION[propagation] }),
  };
}

/** What the image wants on a disk and the Pod mounts nothing on. */
function imageVolumes({ config, image, newVolume }: ContainerConfigInput): Mount[] {
  const taken = new Set(config.mounts.map(({ containerPath }) => containerPath));
  return Object.keys(image.config.config?.Volumes ?? {})
    .filter((target) => !taken.has(target))
    .map((target) => ({
      kind: 'volume',
      volume: newVolume(),
      target,
      readOnly: false,
      anonymous: true,
    }));
}

/** The CRI's units are those of cgroup v1, which the runtime takes too. Swap is left out: the guest kernel has none. */
export function resourcesOf(resources: LinuxContainerResources): Resources {
  const { cpuPeriod, cpuQuota, cpuShares, memoryLimitInBytes, unified } = resources;
  return {
    ...(memoryLimitInBytes === undefined ? {} : { memory: memoryLimitInBytes }),
    ...(cpuShares === undefined ? {} : { cpuShares }),
    ...(cpuPeriod === undefined ? {} : { cpuPeriod }),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(unified === undefined ? {} : { unified }),
  };
}

function security(
  context: LinuxContainerSecurityContext,
  seccompProfile: string | undefined,
): Partial<ContainerConfig> {
  const { seccomp, privileged } = context;
  const unconfined = privileged || seccomp.profileType === 'Unconfined';
  return {
    ...(privileged ? { privileged, cgroupns: 'host' } : {}),
    capAdd: context.addCapabilities,
    capDrop: context.dropCapabilities,
    ...(unconfined ? { seccomp: 'unconfined' } : {}),
    ...(seccompProfile === undefined ? {} : { seccomp: { profile: seccompProfile } }),
    noNewPrivileges: context.noNewPrivileges,
    readOnlyRootfs: context.readonlyRootfs,
    ...(context.procMount === 'Unmasked' ? { maskedPaths: [], readonlyPaths: [] } : {}),
  };
}

function pidOf(
  { namespaces }: LinuxContainerSecurityContext,
  pause: string | undefined,
): Pick<ContainerConfig, 'pid'> {
  switch (namespaces.pid) {
    case 'NODE':
      return { pid: 'host' };
    case 'POD':
      return pause === undefined ? {} : { pid: { container: pause } };
    case 'TARGET':
      if (namespaces.targetId === undefined)
        throw new CriError('INVALID_ARGUMENT', 'invalid target container: ""');
      return { pid: { container: namespaces.targetId } };
    case 'CONTAINER':
      return {};
  }
}
