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

/**
 * cpu.weight for cpu.shares: 1024 shares become 100, the weight of a group that nobody set, and the ends of the ranges meet
 * (https://github.com/opencontainers/cgroups `ConvertCPUSharesToCgroupV2Value`, since 0.0.3).
 */
export function weightOf(shares: number): number {
  if (shares <= LEAST_SHARES) return 1;
  if (shares >= MOST_SHARES) return 10_000;
  const exponent = Math.log2(shares);
  return Math.ceil(10 ** ((exponent * exponent + 125 * exponent) / 612 - 7 / 34));
}
