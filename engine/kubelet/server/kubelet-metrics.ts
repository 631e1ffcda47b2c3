import { Reading, printMetrics, type Metric } from '../../base/metric.ts';
import type { KubeletContext } from '../contracts.ts';

/** `/metrics`: of the kubelet itself. @param startedAt UNIX milliseconds */
export function kubeletMetrics(
  { nodeName, pods }: Pick<KubeletContext, 'nodeName' | 'pods'>,
  startedAt: number,
): Promise<string> {
  const containers = () => pods.running().flatMap((pod) => pod.containers);
  const inState = (state: string): number =>
    containers().filter((container) => container.state === `CONTAINER_${state.toUpperCase()}`)
      .length;
  const metrics: readonly Metric[] = [
    new Reading(
      'kubelet_node_name',
      "[ALPHA] The node's name. The count is always 1.",
      ['node'],
      () => [[[nodeName], 1]],
    ),
    new Reading(
      'kubelet_running_pods',
      '[BETA] Number of pods that have a running pod sandbox',
      [],
      () => [
        [
          [],
          pods
            .running()
            .filter(({ sandboxes }) => sandboxes.some(({ state }) => state === 'SANDBOX_READY'))
            .length,
        ],
      ],
    ),
    new Reading(
      'kubelet_running_containers',
      '[BETA] Number of containers currently running',
      ['container_state'],
      () =>
        ['created', 'exited', 'running', 'unknown'].map(
          (state) => [[state], inState(state)] as const,
        ),
    ),
    new Reading(
      'kubelet_desired_pods',
      '[BETA] The number of pods the kubelet is being instructed to run',
      [],
      () => [[[], pods.list().length]],
    ),
    new Reading(
      'process_start_time_seconds',
      '[STABLE] Start time of the process since unix epoch in seconds.',
      [],
      () => [[[], startedAt / 1000]],
    ),
  ];
  return printMetrics(metrics);
}
