import type { Pod, Volume } from '../../objects/generated/core-v1.generated.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { ACTION } from '../framework/cluster-event.ts';
import { StateKey, type StateData } from '../framework/cycle-state.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { SKIP, unresolvable, unschedulable } from '../framework/status.ts';
import { findClaim, usesClaim } from '../volumes/pod-claims.ts';
import { NAMES } from './names.ts';

const { volumeRestrictions: NAME } = NAMES;
const diskConflict = unschedulable(NAME, 'node(s) had no available disk');
const claimInUse = unschedulable(
  NAME,
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
);

class ExclusiveClaims implements StateData {
  readonly names: ReadonlySet<string>;
  users: number;

  constructor(names: ReadonlySet<string>, users: number) {
    this.names = names;
    this.users = users;
  }

  clone(): ExclusiveClaims {
    return new ExclusiveClaims(this.names, this.users);
  }

  follow(pod: PodInfo, other: PodInfo, by: number): void {
    if (other.namespace !== pod.namespace) return;
    for (const name of claimNames(other.pod)) if (this.names.has(name)) this.users += by;
  }
}
const CLAIMS = new StateKey<ExclusiveClaims>(NAME);

/** Disks that one Pod of a node can have at a time, and claims that one Pod of the cluster can. */
export const volumeRestrictions: PluginFactory = (_args, { stores, snapshot }) => ({
  name: NAME,
  interests: [
    {
      resource: 'AssignedPod',
      actions: ACTION.delete,
      hint(pod, before) {
        if (before === undefined || before.metadata.namespace !== pod.metadata.namespace)
          return false;
        const claims = claimNames(pod);
        return hasConflict(pod, before) || claimNames(before).some((name) => claims.includes(name));
      },
    },
    { resource: 'Node', actions: ACTION.add },
    {
      resource: 'PersistentVolumeClaim',
      actions: ACTION.add,
      hint: (pod, _before, after) => usesClaim(pod, after),
    },
  ],
  preFilter(state, pod) {
    const { volumes = [] } = pod.pod.spec;
    const exclusive = new Set<string>();
    for (const name of claimNames(pod.pod)) {
      const claim = findClaim(stores.persistentVolumeClaims, pod.pod, { name, isEphemeral: false });
      if (typeof claim === 'string') return unresolvable(NAME, claim);
      if (claim.spec.accessModes?.includes('ReadWriteOncePod') === true) exclusive.add(name);
    }
    const users = [...exclusive].filter(
      (name) => snapshot.claimUsers(`${pod.namespace}/${name}`) > 0,
    ).length;
    if (users === 0 && !volumes.some(isExclusiveDisk)) return SKIP;
    state.write(CLAIMS, new ExclusiveClaims(exclusive, users));
    return undefined;
  },
  addPod: (state, pod, added) => state.read(CLAIMS)?.follow(pod, added, 1),
  removePod: (state, pod, removed) => state.read(CLAIMS)?.follow(pod, removed, -1),
  filter(state, { pod }, node) {
    if (node.pods.some((other) => hasConflict(pod, other.pod))) return diskConflict;
    return (state.read(CLAIMS)?.users ?? 0) > 0 ? claimInUse : undefined;
  },
});

function claimNames({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  );
}

function isExclusiveDisk(volume: Volume): boolean {
  return (
    volume.gcePersistentDisk !== undefined ||
    volume.awsElasticBlockStore !== undefined ||
    volume.iscsi !== undefined ||
    volume.rbd !== undefined
  );
}

function hasConflict(pod: Pod, other: Pod): boolean {
  const { volumes = [] } = pod.spec;
  return volumes
    .filter(isExclusiveDisk)
    .some((volume) => (other.spec.volumes ?? []).some((existing) => isSameDisk(volume, existing)));
}

/** The same disk, unless both only read it; an EBS volume is never shared. */
function isSameDisk(a: Volume, b: Volume): boolean {
  const write = (first: { readOnly?: boolean }, second: { readOnly?: boolean }): boolean =>
    !(first.readOnly === true && second.readOnly === true);
  if (a.gcePersistentDisk !== undefined && b.gcePersistentDisk !== undefined)
    return (
      a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName &&
      write(a.gcePersistentDisk, b.gcePersistentDisk)
    );
  if (a.awsElasticBlockStore !== undefined && b.awsElasticBlockStore !== undefined)
    return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi !== undefined && b.iscsi !== undefined)
    return a.iscsi.iqn === b.iscsi.iqn && write(a.iscsi, b.iscsi);
  if (a.rbd !== undefined && b.rbd !== undefined) {
    const { monitors } = b.rbd;
    return (
      a.rbd.monitors.some((monitor) => monitors.includes(monitor)) &&
      a.rbd.pool === b.rbd.pool &&
      a.rbd.image === b.rbd.image &&
      write(a.rbd, b.rbd)
    );
  }
  return false;
}
