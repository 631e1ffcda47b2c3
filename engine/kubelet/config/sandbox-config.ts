import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PodDns, PodSandboxConfig, PortMapping } from '../../runtime/cri/types.ts';
import { sandboxLabels } from '../labels.ts';
import { podNamespaces } from './security-context.ts';

export interface SandboxFacts {
  readonly attempt: number;
  /** what the kernel of the sandbox is told; '' on the host network */
  readonly hostname: string;
  readonly dns: PodDns;
  readonly logDirectory: string;
  readonly cgroupParent: string;
}

/** A Pod's sandbox as the runtime takes it (kuberuntime_sandbox.go). */
export function sandboxConfig(pod: Pod, facts: SandboxFacts): PodSandboxConfig {
  const { name = '', namespace = '', uid = '', annotations = {} } = pod.metadata;
  const { attempt, ...config } = facts;
  const { sysctls = [] } = pod.spec.securityContext ?? {};
  return {
    ...config,
    metadata: { name, namespace, uid, attempt },
    portMappings: pod.spec.containers.flatMap(portMappings),
    labels: sandboxLabels(pod),
    annotations,
    sysctls: Object.fromEntries(sysctls.map((sysctl) => [sysctl.name, sysctl.value])),
    namespaces: podNamespaces(pod),
  };
}

/** A name, or all else of a port where it has none, counts once. */
function portMappings({ ports = [] }: Container): PortMapping[] {
  const mappings = new Map<string, PortMapping>();
  for (const { name, protocol = 'TCP', hostIP = '', hostPort = 0, containerPort } of ports) {
    const mapping = {
      protocol,
      containerPort,
      hostPort,
      ...(hostIP === '' ? {} : { hostIp: hostIP }),
    };
    const key = name ?? JSON.stringify(mapping);
    if (!mappings.has(key)) mappings.set(key, mapping);
  }
  return [...mappings.values()];
}
