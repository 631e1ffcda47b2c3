/** Whether definitions in groups of the Kubernetes community are approved (`apiapproval_controller.go`). */
import { goQuote } from '../../objects/go-text.ts';
import { withCondition, withoutCondition, type Condition, type Definition } from './definition.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const TYPE = 'KubernetesAPIApprovalPolicyConformant';
const WHERE = 'see https://github.com/kubernetes/enhancements/pull/1111';

function isProtected(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some((name) => group === name || group.endsWith(`.${name}`));
}

function isUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.host !== '';
}

function judge(approval: string): Condition {
  const type = TYPE;
  if (approval === '')
    return {
      type,
      status: 'False',
      reason: 'MissingAnnotation',
      message: `protected groups must have approval annotation ${goQuote(ANNOTATION)}, ${WHERE}`,
    };
  if (approval.startsWith('unapproved'))
    return {
      type,
      status: 'False',
      reason: 'UnapprovedAnnotation',
      message: `not approved: ${goQuote(approval)}`,
    };
  if (isUrl(approval))
    return {
      type,
      status: 'True',
      reason: 'ApprovedAnnotation',
      message: `approved in ${approval}`,
    };
  return {
    type,
    status: 'False',
    reason: 'InvalidAnnotation',
    message: `protected groups must have approval annotation ${goQuote(ANNOTATION)} with either a URL or a reason starting with "unapproved", ${WHERE}`,
  };
}

export function withApproval(definition: Definition, now: number): Definition {
  if (!isProtected(definition.spec.group)) return withoutCondition(definition, TYPE);
  return withCondition(definition, judge(definition.metadata.annotations?.[ANNOTATION] ?? ''), now);
}
