import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { PodInfo } from '../cache/pod-info.ts';

/** A Pod that waits for a node, and what is known of its tries. */
export class QueuedPod {
  info: PodInfo;
  /** UNIX milliseconds: when it came into a queue last */
  timestamp: number;
  /** tries so far */
  attempts = 0;
  /** tries that ended with plugins refusing it */
  unschedulableCount = 0;
  /** tries in a row that failed for another reason */
  consecutiveErrors = 0;
  /** plugins that refused it the last time: only what these wait for is worth a try */
  readonly unschedulablePlugins = new Set<string>();
  /** plugins that wait for something to be done for it: then there is no backoff */
  readonly pendingPlugins = new Set<string>();
  /** the plugin that keeps it from being tried at all */
  gatedBy: string | undefined;
  /** UNIX milliseconds; computed from the counts above when it is asked for */
  backoffEnd: number | undefined;

  constructor(pod: Pod, now: number) {
    this.info = new PodInfo(pod);
    this.timestamp = now;
  }

  get pod(): Pod {
    return this.info.pod;
  }

  get uid(): string {
    return this.info.uid;
  }

  get schedulerName(): string {
    return this.pod.spec.schedulerName ?? 'default-scheduler';
  }

  isRefusedBy(plugin: string): boolean {
    return this.unschedulablePlugins.has(plugin) || this.pendingPlugins.has(plugin);
  }
}
