import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { CSINode } from '../../objects/generated/storage-v1.generated.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { PluginFactory, PluginHandle } from '../framework/plugin.ts';
import { SKIP, unresolvable, unschedulable } from '../framework/status.ts';
import { claimsOf, classOf } from '../../objects/volumes/claims.ts';
import { findClaim, usesClaim } from '../volumes/pod-claims.ts';
import { NAMES } from './names.ts';

const { nodeVolumeLimits: NAME } = NAMES;
const tooMany = unschedulable(NAME, 'node(s) exceed max volume count');

/** CSI drivers by what names a volume of theirs. */
type Volumes = Map<string, string>;

/** A node takes as many volumes of a CSI driver as its CSINode says. In-tree volumes are not counted. */
export const nodeVolumeLimits: PluginFactory = (_args, handle) => {
  const { stores } = handle;
  const attachments = stores.volumeAttachments.addIndex(({ spec }) => [spec.nodeName]);
  const resolver = new VolumeResolver(handle);

  const attachedTo = (nodeName: string): Volumes => {
    const volumes: Volumes = new Map();
    for (const { spec } of attachments.get(nodeName)) {
      const name = spec.source.persistentVolumeName;
      const csi = name === undefined ? undefined : stores.persistentVolumes.get({ name })?.spec.csi;
      if (csi !== undefined) volumes.set(`${spec.attacher}/${csi.volumeHandle}`, spec.attacher);
    }
    return volumes;
  };

  return {
    name: NAME,
    interests: [
      {
        resource: 'CSINode',
        actions: ACTION.add | ACTION.updateOther,
        hint(_pod, before, after) {
          const was = limitsOf(before);
          return [...limitsOf(after)].some(([driver, limit]) => limit > (was.get(driver) ?? 0));
        },
      },
      {
        resource: 'AssignedPod',
        actions: ACTION.delete,
        hint: (_pod, before) => before !== undefined && claimsOf(before).length > 0,
      },
      {
        resource: 'PersistentVolumeClaim',
        actions: ACTION.add,
        hint: (pod, _before, after) => usesClaim(pod, after),
      },
      {
        resource: 'VolumeAttachment',
        actions: ACTION.delete,
        hint: (pod) => claimsOf(pod).length > 0,
      },
    ],
    preFilter: (_state, { pod }) => (claimsOf(pod).length === 0 ? SKIP : undefined),
    filter(_state, { pod }, node) {
      const wanted = resolver.volumesOf(pod);
      if (typeof wanted === 'string') return unresolvable(NAME, wanted);
      if (wanted.size === 0) return undefined;
      const csiNode = stores.csiNodes.get({ name: node.name });
      for (const driver of wanted.values())
        if (isRequiredButMissing(handle, driver, csiNode))
          return unschedulable(NAME, `${driver} CSI driver is not installed on the node`);
      const limits = limitsOf(csiNode);
      if (limits.size === 0) return undefined;
      const present: Volumes = attachedTo(node.name);
      for (const other of node.pods)
        for (const [volume, driver] of resolver.knownVolumesOf(other.pod))
          present.set(volume, driver);
      for (const volume of wanted.keys()) if (present.has(volume)) wanted.delete(volume);
      const used = countByDriver(present);
      for (const [driver, count] of countByDriver(wanted)) {
        const limit = limits.get(driver);
        if (limit !== undefined && (used.get(driver) ?? 0) + count > limit) return tooMany;
      }
      return undefined;
    },
  };
};

/** Tells which volumes of which CSI drivers a Pod's claims mean. */
class VolumeResolver {
  readonly #handle: PluginHandle;

  constructor(handle: PluginHandle) {
    this.#handle = handle;
  }

  /** A reason when a claim is not there. */
  volumesOf(pod: Pod): Volumes | string {
    const volumes: Volumes = new Map();
    for (const reference of claimsOf(pod)) {
      const claim = findClaim(this.#handle.stores.persistentVolumeClaims, pod, reference);
      if (typeof claim === 'string') return claim;
      this.#add(volumes, claim);
    }
    return volumes;
  }

  /** Without the claims that are not there. */
  knownVolumesOf(pod: Pod): Volumes {
    const volumes: Volumes = new Map();
    for (const reference of claimsOf(pod)) {
      const claim = findClaim(this.#handle.stores.persistentVolumeClaims, pod, reference);
      if (typeof claim !== 'string') this.#add(volumes, claim);
    }
    return volumes;
  }

  /** A claim without a volume yet counts for the driver that will make one. */
  #add(volumes: Volumes, claim: PersistentVolumeClaim): void {
    const { stores } = this.#handle;
    const { volumeName: name = '' } = claim.spec;
    const volume = name === '' ? undefined : stores.persistentVolumes.get({ name });
    if (volume !== undefined) {
      const { csi } = volume.spec;
      if (csi !== undefined) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
      return;
    }
    const driver = stores.storageClasses.get({ name: classOf(claim) })?.provisioner ?? '';
    const { namespace = '', name: claimName = '' } = claim.metadata;
    if (driver !== '') volumes.set(`${driver}/claim ${namespace}/${claimName}`, driver);
  }
}

function limitsOf(csiNode: CSINode | undefined): Map<string, number> {
  return new Map(
    (csiNode?.spec.drivers ?? []).flatMap(({ name, allocatable }): [string, number][] =>
      allocatable?.count === undefined ? [] : [[name, allocatable.count]],
    ),
  );
}

/** A driver may ask that its Pods wait until it runs on a node. */
function isRequiredButMissing(
  { stores }: PluginHandle,
  driver: string,
  csiNode: CSINode | undefined,
): boolean {
  const spec = stores.csiDrivers.get({ name: driver })?.spec;
  if (spec?.preventPodSchedulingIfMissing !== true) return false;
  return !(csiNode?.spec.drivers ?? []).some(({ name }) => name === driver);
}

function countByDriver(volumes: Volumes): Map<string, number> {
  const counts = new Map<string, number>();
  for (const driver of volumes.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  return counts;
}
