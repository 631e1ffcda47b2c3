import type { Lease } from '../generated/coordination-v1.generated.ts';
import { isQualifiedName } from '../names.ts';
import { plainKind } from './kind-validation.ts';
import { subdomainName } from './metadata.ts';
import type { Place } from './place.ts';

const strategies = ['OldestEmulationVersion'];

/** Upstream reports a strategy's problems at a field of the same name inside. */
function strategy(name: string, at: Place): void {
  const place = at.child('strategy');
  if (name.includes('/')) place.invalidEach(name, isQualifiedName(name));
  else if (!strategies.includes(name)) place.notSupported(name, strategies);
}

export const lease = plainKind<Lease>({
  namespaced: true,
  nameRule: subdomainName,
  anyFinalizer: true,
  rules: ({ spec }, root) => {
    const at = root.child('spec');
    const { leaseDurationSeconds: seconds = 1, leaseTransitions: transitions = 0 } = spec;
    if (seconds <= 0) at.child('leaseDurationSeconds').invalid(seconds, 'must be greater than 0');
    if (transitions < 0) {
      at.child('leaseTransitions').invalid(transitions, 'must be greater than or equal to 0');
    }
    if (spec.strategy !== undefined) strategy(spec.strategy, at.child('strategy'));
    if (spec.preferredHolder && !spec.strategy) {
      at.child('preferredHolder').forbidden('may only be specified if `strategy` is defined');
    }
  },
});
