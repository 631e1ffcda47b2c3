import type { Attributes } from '../admission.ts';

const VIRTUAL = ['authentication.k8s.io', 'authorization.k8s.io'];
const CONFIGURATION =
  /^(?:Mutating|Validating)(?:WebhookConfiguration|AdmissionPolicy|AdmissionPolicyBinding)$/;

/** What nobody may intercept: reviews of access, and what says what is intercepted. */
export function isExempt({ resource, body }: Attributes): boolean {
  const { group, kind } = (body ?? resource).definition;
  if (VIRTUAL.includes(group) && kind.endsWith('Review')) return true;
  return group === 'admissionregistration.k8s.io' && CONFIGURATION.test(kind);
}
