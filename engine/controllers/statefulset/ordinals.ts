import type { StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';

const NAME = /^(?<parent>.*)-(?<ordinal>\d+)$/;
const LARGEST = 2 ** 31 - 1;

/** What a Pod's name says: its StatefulSet and its place in it. */
export function placeOf({ metadata }: Pod): {
  /** empty when the name is not one of a StatefulSet's Pods */
  readonly parent: string;
  /** -1 when there is none */
  readonly ordinal: number;
} {
  const { parent = '', ordinal: digits = '' } = NAME.exec(metadata.name ?? '')?.groups ?? {};
  const ordinal = digits === '' ? -1 : Number(digits);
  return { parent, ordinal: ordinal > LARGEST ? -1 : ordinal };
}

/** The StatefulSet that a Pod's name is of; empty when it is of none. */
export function parentOf(pod: string): string {
  return NAME.exec(pod)?.groups?.['parent'] ?? '';
}

export function ordinalOf(pod: Pod): number {
  return placeOf(pod).ordinal;
}

/** `spec.ordinals.start` */
export function firstOrdinal({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0;
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec.replicas ?? 1;
}

export function isInRange(pod: Pod, set: StatefulSet): boolean {
  const place = ordinalOf(pod) - firstOrdinal(set);
  return ordinalOf(pod) >= 0 && place >= 0 && place < replicasOf(set);
}

/** Whether the name says that it belongs to the set. */
export function isMemberOf(set: StatefulSet, pod: Pod): boolean {
  return placeOf(pod).parent === set.metadata.name;
}
