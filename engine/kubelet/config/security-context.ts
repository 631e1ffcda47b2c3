/**
 * What a container may do, from its own security context and its Pod's (k8s.io/kubernetes pkg/securitycontext and
 * kuberuntime/security_context.go).
 * https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
import type {
  Container,
  Pod,
  SeccompProfile,
  SecurityContext,
} from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type {
  LinuxContainerSecurityContext,
  NamespaceOptions,
  SecurityProfile,
} from '../../runtime/cri/types.ts';
import type { ContainerRequest } from '../contracts.ts';

const LARGEST_UID = 2 ** 31 - 1;

type Effective = Omit<SecurityContext, 'seccompProfile'>;

/** The container's fields, and the Pod's where the container says nothing. */
function effectiveSecurityContext({ spec }: Pod, { securityContext: own }: Container): Effective {
  const { runAsUser, runAsGroup, runAsNonRoot } = spec.securityContext ?? {};
  return {
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    ...(runAsNonRoot === undefined ? {} : { runAsNonRoot }),
    ...own,
  };
}

/** @throws Error with upstream's message when the container would run as root and may not */
export function verifyRunAsNonRoot(
  pod: Pod,
  container: Container,
  { uid, username }: ContainerRequest['imageUser'],
): void {
  const { runAsNonRoot = false, runAsUser } = effectiveSecurityContext(pod, container);
  if (!runAsNonRoot) return;
  const { name = '', namespace = '', uid: podUid = '' } = pod.metadata;
  const which = `(pod: ${goQuote(`${name}_${namespace}(${podUid})`)}, container: ${container.name})`;
  if (runAsUser !== undefined) {
    if (runAsUser === 0) throw new Error(`container's runAsUser breaks non-root policy ${which}`);
    return;
  }
  if (uid === undefined && username !== '')
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${username}), cannot verify user is non-root ${which}`,
    );
  // An image that names nobody runs as root.
  const effective = uid ?? 0;
  if (effective === 0)
    throw new Error(`container has runAsNonRoot and image will run as root ${which}`);
  if (effective < 0 || effective > LARGEST_UID)
    throw new Error(
      `container has runAsNonRoot and image has an invalid user id (${effective}). (Must be 1-(${LARGEST_UID})): must be between 0 and ${LARGEST_UID}, inclusive ${which}`,
    );
}

/** Namespaces of a Pod's containers. @param targetId container whose processes an ephemeral one is to see */
export function podNamespaces({ spec }: Pod, targetId?: string): NamespaceOptions {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = spec;
  const common = {
    network: hostNetwork === true ? 'NODE' : 'POD',
    ipc: hostIPC === true ? 'NODE' : 'POD',
  } as const;
  if (hostPID === true) return { ...common, pid: 'NODE' };
  if (shareProcessNamespace === true) return { ...common, pid: 'POD' };
  return targetId === undefined
    ? { ...common, pid: 'CONTAINER' }
    : { ...common, pid: 'TARGET', targetId };
}

export interface SecurityFacts {
  readonly imageUser: ContainerRequest['imageUser'];
  readonly targetId?: string;
  /** groups that own volumes of the Pod */
  readonly volumeGroups: readonly number[];
  /** directory of `localhostProfile` */
  readonly seccompRoot: string;
}

/** @throws Error with upstream's message */
export function containerSecurityContext(
  pod: Pod,
  container: Container,
  facts: SecurityFacts,
): LinuxContainerSecurityContext {
  const effective = effectiveSecurityContext(pod, container);
  const { securityContext: ofPod = {} } = pod.spec;
  const { add = [], drop = [] } = effective.capabilities ?? {};
  const { uid, username } = facts.imageUser;
  // What the image says of its user is spelled out, as upstream does.
  const user =
    effective.runAsUser !== undefined
      ? { runAsUser: effective.runAsUser }
      : uid !== undefined || username === ''
        ? { runAsUser: uid ?? 0 }
        : { runAsUsername: username };
  return {
    addCapabilities: add,
    dropCapabilities: drop,
    privileged: effective.privileged ?? false,
    namespaces: podNamespaces(pod, facts.targetId),
    ...user,
    ...(effective.runAsGroup === undefined ? {} : { runAsGroup: effective.runAsGroup }),
    supplementalGroups: [
      ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup]),
      ...(ofPod.supplementalGroups ?? []),
      ...facts.volumeGroups,
    ],
    readonlyRootfs: effective.readOnlyRootFilesystem ?? false,
    noNewPrivileges: effective.allowPrivilegeEscalation === false,
    seccomp: seccompProfile(
      container.securityContext?.seccompProfile ?? ofPod.seccompProfile,
      facts.seccompRoot,
    ),
    ...(effective.procMount === undefined ? {} : { procMount: effective.procMount }),
  };
}

function seccompProfile(profile: SeccompProfile | undefined, root: string): SecurityProfile {
  switch (profile?.type) {
    case undefined:
    case 'Unconfined':
      return { profileType: 'Unconfined' };
    case 'RuntimeDefault':
      return { profileType: 'RuntimeDefault' };
    case 'Localhost': {
      const { localhostProfile = '' } = profile ?? {};
      if (localhostProfile === '')
        throw new Error('localhostProfile must be set if seccompProfile type is Localhost.');
      return { profileType: 'Localhost', localhostRef: `${root}/${localhostProfile}` };
    }
  }
}
