import { isSidecar } from '../../objects/pod-resources.ts';
import type { Container, ContainerStatus, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { ProbeKind, Probes } from '../contracts.ts';
import { parseContainerId } from './container-id.ts';

type Outcomes = Pick<Probes, 'outcome' | 'isProbed'>;

/**
 * Says of each container whether it is started and ready, by its probes (upstream's `UpdatePodStatus`).
 * What a kubelet said before it was restarted holds until the first probe of its own.
 */
export function withProbeResults(
  { metadata }: Pod,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[],
  known: readonly ContainerStatus[],
  probes: Outcomes,
  kind: 'init' | 'main',
): ContainerStatus[] {
  const uid = metadata.uid ?? '';
  return statuses.map((status) => {
    const container = containers.find(({ name }) => name === status.name);
    const before = known.find(({ containerID }) => containerID === status.containerID);
    const holds = (probe: ProbeKind, earlier: boolean | undefined): boolean => {
      const outcome = probes.outcome(probe, parseContainerId(status.containerID ?? ''));
      if (outcome !== undefined) return outcome === 'success';
      return !probes.isProbed(probe, uid, status.name) || earlier === true;
    };
    const isRunning = status.state?.running !== undefined;
    const started = isRunning && holds('startup', before?.started);
    if (kind === 'init' && container !== undefined && !isSidecar(container))
      return { ...status, started, ready: status.state?.terminated?.exitCode === 0 };
    return { ...status, started, ready: started && holds('readiness', before?.ready) };
  });
}
