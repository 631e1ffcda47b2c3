import type { PersistentVolume, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { ClusterStores } from '../cache/cluster-stores.ts';
import { ACTION } from '../framework/cluster-event.ts';
import { StateKey } from '../framework/cycle-state.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { SKIP, unresolvable } from '../framework/status.ts';
import { classOf } from '../../objects/volumes/claims.ts';
import { findClaim, usesClaim } from '../volumes/pod-claims.ts';
import { NAMES } from './names.ts';

const { volumeZone: NAME } = NAMES;
const conflict = unresolvable(NAME, 'node(s) had no available volume zone');

/** The labels that say where a volume is, with the name each has today. */
const TOPOLOGY_LABELS: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
]);

interface Place {
  readonly key: string;
  readonly values: readonly string[];
}
interface Places {
  readonly places: readonly Place[];
}
const PLACES = new StateKey<Places>(NAME);

/** Nodes in the zones and regions that the labels of the Pod's volumes name. */
export const volumeZone: PluginFactory = (_args, { stores }) => ({
  name: NAME,
  interests: [
    {
      resource: 'StorageClass',
      actions: ACTION.add,
      hint: (_pod, _before, after) => after?.volumeBindingMode === 'WaitForFirstConsumer',
    },
    { resource: 'Node', actions: ACTION.add | ACTION.updateNodeLabel },
    {
      resource: 'PersistentVolumeClaim',
      actions: ACTION.add | ACTION.updateOther,
      hint: (pod, _before, after) => usesClaim(pod, after),
    },
    {
      resource: 'PersistentVolume',
      actions: ACTION.add | ACTION.updateOther,
      hint: (_pod, before, after) =>
        before === undefined ||
        after === undefined ||
        JSON.stringify(placesOf(before)) !== JSON.stringify(placesOf(after)),
    },
  ],
  preFilter(state, { pod }) {
    const places: Place[] = [];
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const found = volumeOf(stores, pod, persistentVolumeClaim.claimName);
      if (typeof found === 'string') return unresolvable(NAME, found);
      if (found !== undefined) places.push(...placesOf(found));
    }
    if (places.length === 0) return SKIP;
    state.write(PLACES, { places });
    return undefined;
  },
  filter(state, _pod, { labels }) {
    // A cluster without zones has one.
    if (![...TOPOLOGY_LABELS.keys()].some((label) => labels[label] !== undefined)) return undefined;
    for (const { key, values } of state.read(PLACES)?.places ?? []) {
      const value = labels[key] ?? labels[TOPOLOGY_LABELS.get(key) ?? key];
      if (value === undefined || !values.includes(value)) return conflict;
    }
    return undefined;
  },
});

/** The volume of a claim; undefined when its node decides which, a reason when there is none. */
function volumeOf(
  stores: ClusterStores,
  pod: Pod,
  claimName: string,
): PersistentVolume | string | undefined {
  if (claimName === '') return 'PersistentVolumeClaim had no name';
  const claim = findClaim(stores.persistentVolumeClaims, pod, {
    name: claimName,
    isEphemeral: false,
  });
  if (typeof claim === 'string') return claim;
  const { volumeName = '' } = claim.spec;
  if (volumeName !== '')
    return (
      stores.persistentVolumes.get({ name: volumeName }) ??
      `persistentvolume ${JSON.stringify(volumeName)} not found`
    );
  const className = classOf(claim);
  if (className === '') return 'PersistentVolumeClaim had no pv name and storageClass name';
  const storageClass = stores.storageClasses.get({ name: className });
  if (storageClass === undefined)
    return `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`;
  switch (storageClass.volumeBindingMode) {
    case 'WaitForFirstConsumer':
      return undefined;
    case undefined:
      return `VolumeBindingMode not set for StorageClass ${JSON.stringify(className)}`;
    default:
      return 'PersistentVolume had no name';
  }
}

function placesOf({ metadata }: PersistentVolume): Place[] {
  return [...TOPOLOGY_LABELS.keys()].flatMap((key) => {
    const value = metadata.labels?.[key];
    // Several zones of one volume are written in one label.
    return value === undefined ? [] : [{ key, values: value.split('__') }];
  });
}
