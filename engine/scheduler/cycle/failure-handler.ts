import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { PodInfo } from '../cache/pod-info.ts';
import type { Framework } from '../framework/framework.ts';
import type { ProfileEvents } from '../profile-events.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';
import { conditionPatch } from '../../objects/pod-condition.ts';

export interface Failure {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  readonly unschedulablePlugins: ReadonlySet<string>;
  readonly pendingPlugins: ReadonlySet<string>;
  /** '' clears a nomination; left as it is when undefined */
  readonly nominatedNodeName: string | undefined;
}

interface FailureHandlerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly queue: SchedulingQueue;
  readonly events: ProfileEvents;
  readonly pods: ObjectStore<Pod>;
  readonly onError: (error: unknown) => void;
}

/** What happens to a Pod that got no node: back into the queue, an event, and its status. */
export class FailureHandler {
  readonly #options: FailureHandlerOptions;

  constructor(options: FailureHandlerOptions) {
    this.#options = options;
  }

  handle({ schedulerName }: Framework, queued: QueuedPod, failure: Failure): void {
    const { queue, events, pods } = this.#options;
    const current = pods.get(queued.pod.metadata);
    // It is gone, or another of its name is there, or somebody has bound it.
    const isMoot =
      current === undefined ||
      current.metadata.uid !== queued.uid ||
      (current.spec.nodeName ?? '') !== '';
    if (isMoot) {
      queue.done(queued.uid);
      return;
    }
    replace(queued.unschedulablePlugins, failure.unschedulablePlugins);
    replace(queued.pendingPlugins, failure.pendingPlugins);
    queued.info = new PodInfo(current);
    const { nominatedNodeName } = failure;
    queue.nominator.add(queued.info, nominatedNodeName ?? current.status?.nominatedNodeName ?? '');
    queue.addUnschedulable(queued);
    events.record(schedulerName, {
      regarding: current,
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      note: failure.message,
    });
    void this.#writeStatus(current, failure);
  }

  async #writeStatus(pod: Pod, { reason, message, nominatedNodeName }: Failure): Promise<void> {
    const { client, clock, onError } = this.#options;
    const { name = '', namespace = '', uid } = pod.metadata;
    const condition = conditionPatch(
      pod,
      { type: 'PodScheduled', status: 'False', reason, message },
      clock.now(),
    );
    const isNominated = (pod.status?.nominatedNodeName ?? '') === (nominatedNodeName ?? '');
    const nominates = nominatedNodeName !== undefined && !isNominated;
    if (condition === undefined && !nominates) return;
    const status = {
      ...(condition === undefined ? {} : { conditions: [condition] }),
      ...(nominates
        ? { nominatedNodeName: nominatedNodeName === '' ? null : nominatedNodeName }
        : {}),
    };
    try {
      await client.patch(
        resources.pods,
        { name, namespace },
        { type: 'strategic', patch: { metadata: { uid }, status } },
        { subresource: 'status' },
      );
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') onError(error);
    }
  }
}

function replace(set: Set<string>, values: ReadonlySet<string>): void {
  set.clear();
  for (const value of values) set.add(value);
}
