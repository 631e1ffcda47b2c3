import type { IntOrString } from './generated/util-intstr.generated.ts';

/** A number, or so many percent of `total`. Other texts are refused when objects are validated. */
export function scaledAmount(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
