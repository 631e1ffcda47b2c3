import { z } from 'zod';
import { sleep } from '../../base/clock.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import { amountOf } from '../../objects/amount-of.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import { ACTION } from '../framework/cluster-event.ts';
import { StateKey, type CycleState } from '../framework/cycle-state.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { SKIP, unresolvable, type Rejection } from '../framework/status.ts';
import { storageOf, storageRequestOf } from '../../objects/volumes/matching-volume.ts';
import { claimsOf, classOf, isBound } from '../../objects/volumes/claims.ts';
import { findClaim, usesClaim } from '../volumes/pod-claims.ts';
import { VolumeBinder, type PodVolumes, type VolumeProblem } from '../volumes/volume-binder.ts';
import { NAMES } from './names.ts';
import { brokenLine, UtilizationShape } from './resource-scores.ts';

const { volumeBinding: NAME } = NAMES;

const PROBLEMS: Readonly<Record<VolumeProblem, Rejection>> = {
  nodeConflict: unresolvable(NAME, "node(s) didn't match PersistentVolume's node affinity"),
  noVolume: unresolvable(NAME, "node(s) didn't find available persistent volumes to bind"),
  notEnoughSpace: unresolvable(NAME, 'node(s) did not have enough free storage'),
  volumeMissing: unresolvable(
    NAME,
    'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
  ),
};

const Arguments = z.object({
  bindTimeoutSeconds: z.int().min(0).default(600),
  shape: UtilizationShape.default([
    { utilization: 0, score: 10 },
    { utilization: 100, score: 0 },
  ]),
});

const LOOK_AGAIN_MS = 1000;

interface Claims {
  readonly bound: readonly PersistentVolumeClaim[];
  readonly waiting: readonly PersistentVolumeClaim[];
  /** what would be done on each node that fits */
  readonly byNode: Map<string, PodVolumes>;
  /** what is going to be done, once there is a node */
  assumed?: PodVolumes;
}
const CLAIMS = new StateKey<Claims>(NAME);

/**
 * Nodes from which the Pod's volumes can be reached, or where they can be made; binds them before
 * the Pod is bound. https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */
export const volumeBinding: PluginFactory = (args, { stores, client, clock }) => {
  const { bindTimeoutSeconds, shape } = Arguments.parse(args ?? {});
  const binder = new VolumeBinder(stores, client);
  const scoreAt = brokenLine(shape);

  /** The Pod's claims, or why it has to wait for one of them. */
  const readClaims = (pod: Pod): Omit<Claims, 'byNode'> | string => {
    const bound: PersistentVolumeClaim[] = [];
    const waiting: PersistentVolumeClaim[] = [];
    for (const reference of claimsOf(pod)) {
      const stored = findClaim(stores.persistentVolumeClaims, pod, reference);
      if (typeof stored === 'string') return stored;
      const name = JSON.stringify(stored.metadata.name);
      if (stored.status?.phase === 'Lost')
        return `persistentvolumeclaim ${name} bound to non-existent persistentvolume ${JSON.stringify(stored.spec.volumeName ?? '')}`;
      if (stored.metadata.deletionTimestamp !== undefined)
        return `persistentvolumeclaim ${name} is being deleted`;
      const claim = binder.claims.get(`${stored.metadata.namespace}/${stored.metadata.name}`);
      if (claim === undefined) continue;
      const waits = binder.storageClassOf(claim)?.volumeBindingMode === 'WaitForFirstConsumer';
      if (isBound(claim)) bound.push(claim);
      else if (waits && (claim.spec.volumeName ?? '') === '') waiting.push(claim);
      else return 'pod has unbound immediate PersistentVolumeClaims';
    }
    return { bound, waiting };
  };

  return {
    name: NAME,
    interests: [
      {
        resource: 'StorageClass',
        actions: ACTION.add | ACTION.updateOther,
        hint: (_pod, before, after) =>
          before === undefined ||
          JSON.stringify(before.allowedTopologies) !== JSON.stringify(after?.allowedTopologies),
      },
      {
        resource: 'PersistentVolumeClaim',
        actions: ACTION.add | ACTION.updateOther,
        hint: (pod, _before, after) => usesClaim(pod, after),
      },
      { resource: 'PersistentVolume', actions: ACTION.add | ACTION.updateOther },
      { resource: 'Node', actions: ACTION.add | ACTION.updateNodeLabel },
      { resource: 'CSINode', actions: ACTION.add },
      {
        resource: 'CSIDriver',
        actions: ACTION.updateOther,
        hint: (pod, before, after) =>
          before?.spec.storageCapacity === true &&
          after?.spec.storageCapacity !== true &&
          (pod.spec.volumes ?? []).some(({ csi }) => csi?.driver === after?.metadata.name),
      },
      {
        resource: 'CSIStorageCapacity',
        actions: ACTION.add | ACTION.updateOther,
        hint(_pod, before, after) {
          const limit = (of: typeof after): number =>
            amountOf('storage', of?.maximumVolumeSize ?? of?.capacity ?? '0');
          return before === undefined || limit(after) > limit(before);
        },
      },
    ],
    preFilter(state, { pod }) {
      if (claimsOf(pod).length === 0) return SKIP;
      const claims = readClaims(pod);
      if (typeof claims === 'string') return unresolvable(NAME, claims);
      state.write(CLAIMS, { ...claims, byNode: new Map() });
      return undefined;
    },
    filter(state, _pod, node) {
      const claims = state.read(CLAIMS);
      if (claims === undefined) return undefined;
      const found = binder.find(claims.bound, claims.waiting, node);
      if (typeof found === 'string') return PROBLEMS[found];
      claims.byNode.set(node.name, found);
      return undefined;
    },
    preScore: (state) => ((state.read(CLAIMS)?.waiting.length ?? 0) === 0 ? SKIP : undefined),
    score: (state, _pod, node) => scoreStorage(state, node, scoreAt),
    reserve(state, _pod, nodeName) {
      const claims = state.read(CLAIMS);
      const found = claims?.byNode.get(nodeName);
      if (claims !== undefined && found !== undefined)
        claims.assumed = binder.assume(found, nodeName);
      return undefined;
    },
    unreserve(state) {
      const assumed = state.read(CLAIMS)?.assumed;
      if (assumed !== undefined) binder.revert(assumed);
    },
    preBindPreFlight: (state) => (hasWork(state.read(CLAIMS)?.assumed) ? undefined : SKIP),
    async preBind(state, _pod, nodeName, signal) {
      const assumed = state.read(CLAIMS)?.assumed;
      if (assumed === undefined || !hasWork(assumed)) return;
      await binder.bind(assumed);
      const end = clock.monotonic() + bindTimeoutSeconds * 1000;
      while (!binder.isDone(assumed, nodeName)) {
        if (clock.monotonic() >= end) throw new Error('binding volumes: context deadline exceeded');
        await sleep(clock, LOOK_AGAIN_MS, signal);
      }
    },
  };
};

function hasWork(volumes: PodVolumes | undefined): boolean {
  return volumes !== undefined && volumes.bindings.length + volumes.provisions.length > 0;
}

/** By how much of the storage would be in use, averaged over its classes. */
function scoreStorage(
  state: CycleState,
  node: NodeInfo,
  scoreAt: (utilization: number) => number,
): number {
  const volumes = state.read(CLAIMS)?.byNode.get(node.name);
  if (volumes === undefined) return 0;
  const classes = new Map<string, { requested: number; capacity: number }>();
  const of = (claim: PersistentVolumeClaim) => {
    const name = classOf(claim);
    const sums = classes.get(name) ?? { requested: 0, capacity: 0 };
    classes.set(name, sums);
    sums.requested += storageRequestOf(claim);
    return sums;
  };
  if (volumes.bindings.length > 0)
    for (const { volume, claim } of volumes.bindings) of(claim).capacity += storageOf(volume);
  else
    for (const { claim, capacity } of volumes.provisions)
      if (capacity !== undefined)
        of(claim).capacity = amountOf('storage', capacity.capacity ?? '0');
  if (classes.size === 0) return 0;
  let sum = 0;
  for (const { requested, capacity } of classes.values())
    sum += scoreAt(
      capacity === 0 || requested > capacity ? 100 : Math.trunc((requested * 100) / capacity),
    );
  return Math.round(sum / classes.size);
}
