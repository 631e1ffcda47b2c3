import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';

/** `Ready` and `NotReady` ones run. */
type PodState = 'Ready' | 'NotReady' | 'Succeeded' | 'Failed';

/** What a kubelet would say of them now. There need not be a node that they are on. */
export async function podsBecome(
  { client, clock }: { readonly client: Client; readonly clock: Clock },
  pods: readonly Stored<Pod>[],
  state: PodState,
): Promise<void> {
  const lastTransitionTime = formatTime(clock.now());
  const runs = state === 'Ready' || state === 'NotReady';
  const status = state === 'Ready' ? 'True' : 'False';
  for (const { metadata, status: before } of pods) {
    const startTime = before?.startTime ?? lastTransitionTime;
    const conditions = ['Ready', 'ContainersReady'].map((type) => {
      const known = before?.conditions?.find((condition) => condition.type === type);
      return known?.status === status ? known : { type, status, lastTransitionTime };
    });
    const patch: PodStatus = { phase: runs ? 'Running' : state, startTime, conditions };
    await client.patch(
      resources.pods,
      metadata,
      { type: 'strategic', patch: { status: patch } },
      { subresource: 'status' },
    );
  }
}
