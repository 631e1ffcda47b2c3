import type { Cri, CriContainerConfig, PodSandboxConfig } from '../../runtime/cri/types.ts';
import {
  CONTAINER_NAME_LABEL,
  POD_NAME_LABEL,
  POD_NAMESPACE_LABEL,
  POD_UID_LABEL,
} from '../labels.ts';

/** Where a container for a test is. */
export interface StartedContainer {
  /** `web` when absent */
  readonly pod?: string;
  /** `uid-` and the Pod's name when absent */
  readonly uid?: string;
  readonly logDirectory?: string;
  readonly logPath?: string;
  readonly attempt?: number;
  /** makes a sandbox when absent */
  readonly sandboxId?: string;
}

/** Starts a container without a kubelet, in a sandbox of its own. Returns its id. */
export async function startContainer(
  cri: Cri,
  name: string,
  where: StartedContainer = {},
): Promise<string> {
  const { pod = 'web', uid = `uid-${pod}`, logDirectory = '/logs', attempt = 0 } = where;
  const labels = {
    [POD_NAME_LABEL]: pod,
    [POD_NAMESPACE_LABEL]: 'default',
    [POD_UID_LABEL]: uid,
  };
  const sandbox: PodSandboxConfig = {
    metadata: { name: pod, uid, namespace: 'default', attempt: 0 },
    hostname: pod,
    logDirectory,
    portMappings: [],
    labels,
    annotations: {},
    cgroupParent: `/kubepods/besteffort/pod${uid}`,
    sysctls: {},
    namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
  };
  const sandboxId = where.sandboxId ?? (await cri.runPodSandbox(sandbox, ''));
  const container: CriContainerConfig = {
    metadata: { name, attempt },
    image: 'sha256:busybox',
    userSpecifiedImage: 'busybox',
    command: [],
    args: [],
    envs: [],
    mounts: [],
    devices: [],
    labels: { ...labels, [CONTAINER_NAME_LABEL]: name },
    annotations: {},
    logPath: where.logPath ?? `${name}/${attempt}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    securityContext: {
      addCapabilities: [],
      dropCapabilities: [],
      privileged: false,
      namespaces: sandbox.namespaces,
      supplementalGroups: [],
      readonlyRootfs: false,
      noNewPrivileges: false,
      seccomp: { profileType: 'RuntimeDefault' },
    },
  };
  const id = await cri.createContainer(sandboxId, container, sandbox);
  await cri.startContainer(id);
  return id;
}
