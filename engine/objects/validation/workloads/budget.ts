import type {
  PodDisruptionBudget,
  PodDisruptionBudgetSpec,
} from '../../generated/policy-v1.generated.ts';
import { conditions } from '../conditions.ts';
import { atMost100Percent, intOrPercent } from '../int-or-percent.ts';
import { asInternal } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import type { Place } from '../place.ts';
import { nonNegative, optionalEnum } from '../rules.ts';

function budget({ spec }: PodDisruptionBudget, root: Place): void {
  const at = root.child('spec');
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    at.invalid(
      asInternal('PodDisruptionBudgetSpec', spec),
      'minAvailable and maxUnavailable cannot be both set',
    );
  }
  amount(spec, 'minAvailable', at);
  amount(spec, 'maxUnavailable', at);
  labelSelector(spec.selector, at.child('selector'));
  optionalEnum('AlwaysAllow', 'IfHealthyBudget')(
    spec.unhealthyPodEvictionPolicy,
    at.child('unhealthyPodEvictionPolicy'),
  );
}

function amount(
  spec: PodDisruptionBudgetSpec,
  field: 'minAvailable' | 'maxUnavailable',
  at: Place,
): void {
  const value = spec[field];
  if (value === undefined) return;
  intOrPercent(value, at.child(field));
  atMost100Percent(value, at.child(field));
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

export const podDisruptionBudget = kindValidation<PodDisruptionBudget>({
  create: budget,
  update: (object, _old, at) => budget(object, at),
  subresources: {
    status: ({ status }, _old, root) => {
      const at = root.child('status');
      conditions(status?.conditions, at.child('conditions'));
      for (const field of counts) nonNegative(status?.[field], at.child(field));
    },
  },
});
