import { messageOf } from '../../base/message-of.ts';
import type { DecisionSummary } from '../../api/scheduler.ts';
import type { Clock } from '../../base/clock.ts';
import type { SchedulerCache } from '../cache/scheduler-cache.ts';
import type { DecisionLog } from '../decisions/decision-log.ts';
import { CycleState } from '../framework/cycle-state.ts';
import { fitMessage } from '../framework/fit-error.ts';
import type { Framework } from '../framework/framework.ts';
import type { PostFilterResult } from '../framework/plugin.ts';
import type { ProfileEvents } from '../profile-events.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';
import type { BindingCycle } from './binding-cycle.ts';
import type { FailureHandler } from './failure-handler.ts';
import type { NodeSearch, Search } from './schedule-pod.ts';

interface SchedulingCycleOptions {
  readonly clock: Clock;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly events: ProfileEvents;
  readonly failures: FailureHandler;
  readonly decisions: DecisionLog;
  readonly search: NodeSearch;
  readonly binding: BindingCycle;
}

/** One try to find a node for a Pod, up to where its binding begins. One turn of the event loop. */
export class SchedulingCycle {
  readonly #options: SchedulingCycleOptions;

  constructor(options: SchedulingCycleOptions) {
    this.#options = options;
  }

  run(framework: Framework, queued: QueuedPod): void {
    const { queue, events, cache } = this.#options;
    const { pod, uid } = queued;
    const { namespace = '', name = '', deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      events.record(framework.schedulerName, {
        regarding: pod,
        type: 'Warning',
        reason: 'FailedScheduling',
        action: 'Scheduling',
        note: `skip schedule deleting pod: ${namespace}/${name}`,
      });
      queue.done(uid);
      return;
    }
    if (cache.isAssumed(uid)) {
      queue.done(uid);
      return;
    }
    try {
      this.#schedule(framework, queued);
    } catch (error) {
      this.#fail(framework, queued, error);
    }
  }

  #schedule(framework: Framework, queued: QueuedPod): void {
    const { cache, search, queue } = this.#options;
    if (cache.nodes.length === 0) {
      this.#refuse(framework, queued, undefined, 'no nodes available to schedule pods', '');
      return;
    }
    const state = new CycleState();
    const { info } = queued;
    const found = search.run(framework, state, info);
    const { nodeName } = found;
    if (nodeName === undefined) {
      const { diagnosis } = found;
      const result = this.#postFilter(framework, state, queued, found);
      diagnosis.postFilterMessage = result.message;
      this.#refuse(framework, queued, found, fitMessage(diagnosis), result.nominatedNodeName);
      return;
    }
    cache.assume(info, nodeName);
    queue.nominator.delete(info.uid);
    const { binding } = this.#options;
    const rejection = framework.reserve(state, info, nodeName);
    if (rejection === undefined) {
      this.#log(framework, queued, found, { outcome: 'scheduled', nodeName, message: '' });
      binding.start(framework, state, queued, nodeName);
    } else {
      cache.forget(info.uid);
      binding.refuse(framework, queued, nodeName, rejection);
    }
  }

  /** Has the plugins make room; the first that can ends it. */
  #postFilter(
    { points }: Framework,
    state: CycleState,
    { info }: QueuedPod,
    { diagnosis }: Search,
  ): PostFilterResult {
    const messages: string[] = [];
    let nominatedNodeName: string | undefined;
    for (const plugin of points.postFilter) {
      const result = plugin.postFilter?.(state, info, diagnosis.statuses);
      if (result === undefined) continue;
      if (result.success) return result;
      if (result.message !== '') messages.push(result.message);
      nominatedNodeName ??= result.nominatedNodeName;
    }
    return {
      success: false,
      message: messages.join(', '),
      ...(points.postFilter.length === 0 ? { nominatedNodeName: '' } : {}),
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    };
  }

  #refuse(
    framework: Framework,
    queued: QueuedPod,
    search: Search | undefined,
    message: string,
    nominatedNodeName: string | undefined,
  ): void {
    const outcome = { outcome: 'unschedulable', nodeName: '', message } as const;
    this.#log(framework, queued, search, outcome, nominatedNodeName);
    this.#options.failures.handle(framework, queued, {
      reason: 'Unschedulable',
      message,
      unschedulablePlugins: search?.diagnosis.unschedulablePlugins ?? new Set(),
      pendingPlugins: search?.diagnosis.pendingPlugins ?? new Set(),
      nominatedNodeName,
    });
  }

  #fail(framework: Framework, queued: QueuedPod, error: unknown): void {
    const message = messageOf(error);
    this.#log(framework, queued, undefined, { outcome: 'error', nodeName: '', message });
    this.#options.failures.handle(framework, queued, {
      reason: 'SchedulerError',
      message,
      unschedulablePlugins: new Set(),
      pendingPlugins: new Set(),
      nominatedNodeName: '',
    });
  }

  #log(
    { schedulerName }: Framework,
    { pod, uid, attempts }: QueuedPod,
    search: Search | undefined,
    outcome: Pick<DecisionSummary, 'outcome' | 'nodeName' | 'message'>,
    nominatedNodeName?: string,
  ): void {
    const { clock, decisions, cache } = this.#options;
    const { namespace = '', name = '' } = pod.metadata;
    decisions.add(
      { namespace, name, uid, schedulerName, time: clock.now(), attempt: attempts, ...outcome },
      search,
      cache.nodes,
      nominatedNodeName,
    );
  }
}
