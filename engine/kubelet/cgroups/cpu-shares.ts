/** Units of CPU as Kubernetes, cgroup v1 (and so the CRI) and cgroup v2 count it (pkg/kubelet/cm/helpers_linux.go). */

/** The least the kernel takes, which also stands for nothing asked for. */
export const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
/** microseconds */
const LEAST_QUOTA = 1000;

/** cpu.shares for thousandths of a core */
export function sharesOf(milliCpu: number): number {
  if (milliCpu === 0) return LEAST_SHARES;
  const shares = Math.floor((milliCpu * SHARES_PER_CPU) / 1000);
  return Math.min(Math.max(shares, LEAST_SHARES), MOST_SHARES);
}

/** Microseconds of CPU time in each period; 0 for no limit. */
export function quotaOf(milliCpu: number, period: number): number {
  if (milliCpu === 0) return 0;
  return Math.max(Math.floor((milliCpu * period) / 1000), LEAST_QUOTA);
}

/** cpu.weight for cpu.shares, as the kubelet computes it for its own groups: one range stretched onto the other. */
export function weightOf(shares: number): number {
  if (shares >= MOST_SHARES) return 10_000;
  return 1 + Math.floor(((shares - LEAST_SHARES) * 9999) / (MOST_SHARES - LEAST_SHARES));
}
