import type { Taint, Toleration } from '../generated/core-v1.generated.ts';

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => toleratesTaint(toleration, taint)) ?? false;
}

function toleratesTaint(
  { key = '', operator = 'Equal', value = '', effect }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  switch (operator) {
    case 'Equal':
      return value === (taint.value ?? '');
    case 'Exists':
      return true;
    // The comparison operators are an alpha feature that is off.
    case 'Gt':
    case 'Lt':
      return false;
  }
}

export function isDoNotSchedule({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute';
}

/** The first taint that keeps Pods away and is not tolerated. */
export function untoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
): Taint | undefined {
  return taints?.find((taint) => isDoNotSchedule(taint) && !tolerates(tolerations, taint));
}
