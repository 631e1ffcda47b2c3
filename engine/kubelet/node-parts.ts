import { printMetrics } from '../base/metric.ts';
import type { KubeletContext, KubeletParts } from './contracts.ts';
import { LogRotation } from './logs/log-rotation.ts';
import { Prober } from './probes/prober.ts';
import { kubeletServer } from './server/kubelet-server.ts';

/** Of Kubernetes, as probes say who they are. */
const VERSION = '1.37';

/** What a kubelet does around its Pods: it probes them, answers for them, and keeps the node in order. */
export function makeNodeParts(
  context: KubeletContext,
): Pick<KubeletParts, 'probes' | 'server' | 'loops'> {
  const startedAt = context.clock.now();
  const probes = new Prober(context, VERSION);
  const rotation = new LogRotation(context);
  return {
    probes,
    server: kubeletServer({
      context,
      metrics: new Map([['/probes', () => printMetrics(probes.metrics.all(startedAt))]]),
    }),
    loops: [(signal) => rotation.run(signal)],
  };
}
