import type { Container, PodSpec } from '../../generated/core-v1.generated.ts';
import { Place } from '../place.ts';

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Every container of a Pod with its place, in the order upstream visits them. */
export function podContainers(
  spec: PodSpec,
  at: Place = Place.root(),
): readonly { readonly container: Container; readonly place: Place }[] {
  return lists.flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({
      container,
      place: at.child(list).index(index),
    })),
  );
}
