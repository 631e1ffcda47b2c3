import { printMetrics } from '../base/metric.ts';
import { ContainerGarbage } from './collection/container-garbage.ts';
import { ImageGarbage } from './collection/image-garbage.ts';
import type { KubeletContext, KubeletParts } from './contracts.ts';
import { NodeEviction } from './eviction/node-eviction.ts';
import { LogRotation } from './logs/log-rotation.ts';
import { Prober } from './probes/prober.ts';
import { kubeletMetrics } from './server/kubelet-metrics.ts';
import { kubeletServer } from './server/kubelet-server.ts';
import { cadvisorMetrics } from './stats/cadvisor-metrics.ts';
import { resourceMetrics } from './stats/resource-metrics.ts';
import { StatsProvider } from './stats/stats-provider.ts';

/** Of Kubernetes, as probes say who they are. */
const VERSION = '1.37';

/** What a kubelet does around its Pods: it probes them, answers for them, and keeps the node in order. */
export function makeNodeParts(
  context: KubeletContext,
): Pick<KubeletParts, 'probes' | 'pressure' | 'server' | 'loops'> {
  const startedAt = context.clock.now();
  const probes = new Prober(context, VERSION);
  const stats = new StatsProvider(context);
  const rotation = new LogRotation(context);
  const containers = new ContainerGarbage(context);
  const images = new ImageGarbage(context, stats);
  const eviction = new NodeEviction({
    context,
    stats,
    async reclaimDisk() {
      await containers.collect(0);
      await images.removeUnused();
    },
  });
  const server = kubeletServer({
    context,
    summary: (onlyCpuAndMemory) => stats.summary(onlyCpuAndMemory),
    metrics: new Map([
      ['', () => kubeletMetrics(context, startedAt)],
      ['/probes', () => printMetrics(probes.metrics.all(startedAt))],
      ['/resource', () => resourceMetrics(() => stats.summary(true))],
      [
        '/cadvisor',
        async () =>
          cadvisorMetrics(await stats.summary(), await stats.node(), context.capacity().cpu),
      ],
    ]),
  });
  const loops = [rotation, containers, images, eviction].map(
    (part) =>
      (signal: AbortSignal): Promise<void> =>
        part.run(signal),
  );
  return { probes, pressure: eviction, server, loops };
}
