import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import type { SchedulerCache } from '../cache/scheduler-cache.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { CycleState } from '../framework/cycle-state.ts';
import { fitMessage } from '../framework/fit-error.ts';
import type { Framework } from '../framework/framework.ts';
import { NodeStatuses } from '../framework/node-statuses.ts';
import type { Rejection } from '../framework/status.ts';
import type { ProfileEvents } from '../profile-events.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';
import type { FailureHandler } from './failure-handler.ts';
import type { WaitingPods } from './waiting-pods.ts';

interface BindingCycleOptions {
  readonly client: Client;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly events: ProfileEvents;
  readonly failures: FailureHandler;
  readonly waiting: WaitingPods;
  readonly onError: (error: unknown) => void;
}

/** Binds Pods that have a node, many at a time, beside the decisions about others. */
export class BindingCycle {
  readonly #options: BindingCycleOptions;
  #running = 0;
  #ended = (): void => {};

  constructor(options: BindingCycleOptions) {
    this.#options = options;
  }

  /** Resolves when fewer bindings than this are being written. */
  async fewerThan(count: number): Promise<void> {
    while (this.#running >= count) await new Promise<void>((resolve) => (this.#ended = resolve));
  }

  /** Asks Permit plugins, and goes on when they let it. */
  start(framework: Framework, state: CycleState, queued: QueuedPod, nodeName: string): void {
    const waits = new Map<string, number>();
    for (const plugin of framework.points.permit) {
      const result = plugin.permit?.(state, queued.info, nodeName);
      if (result === undefined) continue;
      if ('code' in result) {
        this.#forget(framework, state, queued, nodeName);
        this.refuse(framework, queued, nodeName, result);
        return;
      }
      waits.set(plugin.name, result.waitMilliseconds);
    }
    void this.#run(framework, state, queued, nodeName, waits);
  }

  /** A plugin has refused the node that was chosen. */
  refuse(framework: Framework, queued: QueuedPod, nodeName: string, rejection: Rejection): void {
    const statuses = new NodeStatuses();
    statuses.set(nodeName, rejection);
    this.#options.failures.handle(framework, queued, {
      reason: 'Unschedulable',
      message: fitMessage({
        nodeCount: 1,
        statuses,
        preFilterMessage: '',
        postFilterMessage: '',
      }),
      unschedulablePlugins: new Set([rejection.plugin]),
      pendingPlugins: new Set(rejection.code === 'Pending' ? [rejection.plugin] : []),
      nominatedNodeName: '',
    });
  }

  async #run(
    framework: Framework,
    state: CycleState,
    queued: QueuedPod,
    nodeName: string,
    waits: ReadonlyMap<string, number>,
  ): Promise<void> {
    const { waiting, queue, cache, events } = this.#options;
    const { info, pod, uid } = queued;
    const hasPreBind = framework.hasPreBind(state, info, nodeName);
    // Who looks at the Pod meanwhile is told where it is going to be.
    if (hasPreBind || waits.size > 0) await this.#nominate(queued, nodeName);
    if (waits.size > 0) {
      const rejection = await waiting.wait(uid, waits);
      if (rejection !== undefined) {
        this.#forget(framework, state, queued, nodeName);
        this.refuse(framework, queued, nodeName, rejection);
        return;
      }
    }
    queue.done(uid);
    this.#running++;
    try {
      if (hasPreBind) await framework.preBind(state, info, nodeName, new AbortController().signal);
      await framework.bind(state, info, nodeName);
      const { namespace = '', name = '' } = pod.metadata;
      events.record(framework.schedulerName, {
        regarding: pod,
        type: 'Normal',
        reason: 'Scheduled',
        action: 'Binding',
        note: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
      });
    } catch (error) {
      // The API server may have it all the same: then it is confirmed already.
      if (cache.isAssumed(uid)) this.#forget(framework, state, queued, nodeName);
      this.#options.failures.handle(framework, queued, {
        reason: 'SchedulerError',
        message: messageOf(error),
        unschedulablePlugins: new Set(),
        pendingPlugins: new Set(),
        nominatedNodeName: '',
      });
    } finally {
      this.#running--;
      this.#ended();
    }
  }

  /** Gives back what the Pod had on the node, which may help others. */
  #forget(framework: Framework, state: CycleState, queued: QueuedPod, nodeName: string): void {
    const { cache, queue } = this.#options;
    framework.unreserve(state, queued.info, nodeName);
    cache.forget(queued.uid);
    queue.onEvent(
      { resource: 'AssignedPod', action: ACTION.delete, before: queued.pod },
      ({ metadata }) => metadata.uid !== queued.uid,
    );
  }

  async #nominate({ pod }: QueuedPod, nominatedNodeName: string): Promise<void> {
    const { name = '', namespace = '', uid } = pod.metadata;
    try {
      await this.#options.client.patch(
        resources.pods,
        { name, namespace },
        { type: 'strategic', patch: { metadata: { uid }, status: { nominatedNodeName } } },
        { subresource: 'status' },
      );
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
