import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';

/** The Pod with its condition Ready false; undefined when it is so already, or there is none. */
function notReady(pod: Stored<Pod>, now: number): Stored<Pod> | undefined {
  const { status = {} } = pod;
  const conditions = status.conditions ?? [];
  if (!conditions.some(({ type, status: holds }) => type === 'Ready' && holds !== 'False'))
    return undefined;
  const changed = conditions.map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False' as const, lastTransitionTime: formatTime(now) }
      : condition,
  );
  return { ...pod, status: { ...status, conditions: changed } };
}

/** Nobody sends requests to Pods of a node that is not ready. @throws the first failure, after all were tried */
export async function markPodsNotReady(
  client: Client,
  recorder: EventRecorder,
  pods: readonly Stored<Pod>[],
  now: number,
): Promise<void> {
  const failures: unknown[] = [];
  for (const pod of pods) {
    const changed = notReady(pod, now);
    if (changed === undefined) continue;
    try {
      await client.update(resources.pods, changed, { subresource: 'status' });
    } catch (error) {
      if (reasonOf(error) === 'NotFound') continue;
      failures.push(error);
    }
    recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
  if (failures.length > 0) throw failures[0];
}
