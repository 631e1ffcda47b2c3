import type { WaitingPods } from '../cycle/waiting-pods.ts';
import type { Framework } from '../framework/framework.ts';
import type { PreemptionHandle } from '../framework/plugin.ts';
import type { ProfileEvents } from '../profile-events.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';

/** What preemption reaches of the scheduler around it. */
export function preemptionHandle({
  framework,
  queue,
  waiting,
  events,
  onError,
}: {
  /** is made after its plugins */
  readonly framework: () => Framework;
  readonly queue: SchedulingQueue;
  readonly waiting: WaitingPods;
  readonly events: ProfileEvents;
  readonly onError: (error: unknown) => void;
}): PreemptionHandle {
  return {
    filter: (state, pod, node) => framework().filterWithNominated(state, pod, node),
    addPod: (state, pod, added, node) => framework().addPod(state, pod, added, node),
    removePod: (state, pod, removed, node) => framework().removePod(state, pod, removed, node),
    nominatedBelow: (nodeName, priority) =>
      queue.nominator
        .podsFor(nodeName)
        .filter((info) => info.priority < priority)
        .map(({ pod }) => pod),
    rejectWaiting: ({ metadata: { uid = '' } }, plugin, reason) =>
      waiting.reject(uid, plugin, reason),
    activate: ({ metadata: { uid = '' } }) => queue.activate(uid),
    recordPreempted: (victim, preemptor, note) =>
      events.record(preemptor.spec.schedulerName ?? '', {
        regarding: victim,
        related: preemptor,
        type: 'Normal',
        reason: 'Preempted',
        action: 'Preempting',
        note,
      }),
    onError,
  };
}
