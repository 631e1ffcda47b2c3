import type {
  Container,
  EphemeralContainer,
  Pod,
} from '../../objects/generated/core-v1.generated.ts';

/** All containers of a Pod, of every kind. */
export function allContainers({
  spec: { initContainers = [], containers, ephemeralContainers = [] },
}: Pod): readonly (Container | EphemeralContainer)[] {
  return [...containers, ...initContainers, ...ephemeralContainers];
}
