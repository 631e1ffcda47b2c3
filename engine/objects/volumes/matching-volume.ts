import { amountOf } from '../amount-of.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../generated/core-v1.generated.ts';
import { labelSelectorOf, matchesLabels } from '../selectors/label-selector.ts';
import { matchesNodeSelector, type SelectableNode } from '../selectors/node-selector.ts';
import { classOf, classOfVolume, isVolumeOf } from './claims.ts';

/** Whether a volume can be reached from a node. */
export function isReachable({ spec }: PersistentVolume, node: SelectableNode): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

export const storageOf = ({ spec }: PersistentVolume): number =>
  amountOf('storage', spec.capacity?.['storage'] ?? '0');

export const storageRequestOf = ({ spec }: PersistentVolumeClaim): number =>
  amountOf('storage', spec.resources?.requests?.['storage'] ?? '0');

/** What a claim has, in bytes. */
export const capacityOf = ({ status }: PersistentVolumeClaim): number =>
  amountOf('storage', status?.capacity?.['storage'] ?? '0');

export interface MatchOptions {
  /** from which it has to be reached; any when absent */
  readonly node?: SelectableNode;
  /** names of volumes that are spoken for */
  readonly taken?: ReadonlySet<string>;
  /** only one that is reserved for the claim: the scheduler chooses among the others */
  readonly onlyReserved?: boolean;
}

/**
 * The volume that a claim is to be bound to: the one reserved for it, or the smallest that is large
 * enough; of these one with as few access modes as possible (component-helpers' `FindMatchingVolume`
 * and the volume controller's index).
 */
export function matchingVolume<T extends PersistentVolume>(
  claim: PersistentVolumeClaim,
  volumes: Iterable<T>,
  { node, taken = new Set(), onlyReserved = false }: MatchOptions = {},
): T | undefined {
  const selector = claim.spec.selector === undefined ? [] : labelSelectorOf(claim.spec.selector);
  let best: T | undefined;
  for (const volume of volumes) {
    if (taken.has(volume.metadata.name ?? '') || !isUsable(volume, claim)) continue;
    const isNear = node === undefined || isReachable(volume, node);
    if (volume.spec.claimRef !== undefined) return isNear ? volume : undefined;
    if (
      !onlyReserved &&
      isNear &&
      volume.status?.phase === 'Available' &&
      matchesLabels(selector, volume.metadata.labels) &&
      classOfVolume(volume) === classOf(claim) &&
      hasAccessModes(volume, claim) &&
      (best === undefined || storageOf(volume) < storageOf(best))
    )
      best = volume;
  }
  return best;
}

/** Free or reserved for the claim, large enough, and of its kind. */
function isUsable(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { metadata, spec } = volume;
  return (
    (spec.claimRef === undefined || isVolumeOf(volume, claim)) &&
    storageOf(volume) >= storageRequestOf(claim) &&
    hasVolumeMode(volume, claim) &&
    (spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '') &&
    metadata.deletionTimestamp === undefined
  );
}

export function hasVolumeMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem');
}

function hasAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const modes = volume.spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => modes.includes(mode));
}

/** Why a claim cannot have the volume that it asks for by name; undefined when it can. */
export function mismatch(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): string | undefined {
  if (storageRequestOf(claim) > storageOf(volume)) return 'requested PV is too small';
  if (classOf(claim) !== classOfVolume(volume)) return 'storageClassName does not match';
  const { volumeAttributesClassName: wanted = '' } = claim.spec;
  if (wanted !== (volume.spec.volumeAttributesClassName ?? ''))
    return 'volumeAttributesClassName does not match';
  if (!hasVolumeMode(volume, claim)) return 'incompatible volumeMode';
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode';
}
