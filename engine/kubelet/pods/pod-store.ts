import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PodStore } from '../contracts.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import type { KnownPods } from './known-pods.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { RuntimePods } from './runtime-pods.ts';

export interface PodStoreSources {
  readonly known: KnownPods;
  readonly runtimePods: RuntimePods;
  readonly statuses: StatusWriter;
  readonly workers: () => PodWorkers;
}

/** What the parts of a kubelet see of its Pods. */
export function storeOf({ known, runtimePods, statuses, workers }: PodStoreSources): PodStore {
  const withStatus = (pod: Pod): Pod => {
    const status = statuses.get(pod.metadata.uid ?? '');
    return status === undefined ? pod : { ...pod, status };
  };
  const found = (pod: Pod | undefined): Pod | undefined =>
    pod === undefined ? undefined : withStatus(pod);
  return {
    list: () => known.list().map(withStatus),
    byUid: (uid) => found(known.byUid(uid)),
    byName: (namespace, name) => found(known.byName(namespace, name)),
    status: (uid) => statuses.get(uid) ?? known.byUid(uid)?.status,
    runtime: (uid) => runtimePods.get(uid),
    running: () => runtimePods.list(),
    isFinished: (uid) =>
      workers().has(uid) ? workers().isTerminated(uid) : known.byUid(uid) === undefined,
    isTerminating: (uid) => workers().isTerminating(uid),
    evict: async (uid, verdict, gracePeriodSeconds) => {
      const pod = known.byUid(uid);
      if (pod !== undefined) await workers().kill(pod, { gracePeriodSeconds, verdict });
    },
    sync: (uid) => workers().wake(uid),
  };
}
