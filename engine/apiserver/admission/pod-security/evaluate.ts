import { BASELINE } from './baseline-checks.ts';
import type { Check, CheckedPod, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { RESTRICTED } from './restricted-checks.ts';

/** How a check looked in a minor version, if it was there. */
function lookOf({ versions }: Check, minor: number): Check['versions'][number][1] | undefined {
  return versions.findLast(([since]) => since <= minor)?.[1];
}

/** In what a Pod does not do as a level demands. */
export function violations({ level, minor }: LevelVersion, pod: CheckedPod): readonly Violation[] {
  if (level === 'privileged') return [];
  const restricted =
    level === 'restricted' ? RESTRICTED.filter((check) => lookOf(check, minor) !== undefined) : [];
  const replaced = new Set(restricted.flatMap(({ replaces = [] }) => replaces));
  const checks = [...BASELINE.filter(({ id }) => !replaced.has(id)), ...restricted];
  return checks.flatMap((check) => lookOf(check, minor)?.(pod) ?? []);
}

/** `privileged, host namespaces` */
export function reasonsOf(found: readonly Violation[]): string {
  return found.map(({ reason }) => reason).join(', ');
}

/** `privileged (container "a" must not …), host namespaces (hostPID=true)` */
export function detailsOf(found: readonly Violation[]): string {
  return found
    .map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`))
    .join(', ');
}
