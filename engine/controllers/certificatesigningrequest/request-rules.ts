import type { RequestedSubject } from '../../pki/certificate-request.ts';

/** The signers that kube-controller-manager is. */
export const SIGNERS = {
  apiServerClient: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const;

/** Whether usages are exactly these, with or without `key encipherment`, which only RSA needs. */
function areUsages(usages: readonly string[], ...needed: readonly string[]): boolean {
  const others = new Set(usages.filter((usage) => usage !== 'key encipherment'));
  return others.size === needed.length && needed.every((usage) => others.has(usage));
}

function nodeProblem({ organizations }: RequestedSubject): string | undefined {
  const [only, ...others] = organizations;
  return only === 'system:nodes' && others.length === 0
    ? undefined
    : 'subject organization is not system:nodes';
}

const nameProblem = ({ commonName }: RequestedSubject): string | undefined =>
  commonName.startsWith('system:node:')
    ? undefined
    : 'subject common name does not begin with system:node:';

/** Why a request is not for a certificate with which a kubelet goes to the API server. */
export function kubeletClientProblem(
  subject: RequestedSubject,
  usages: readonly string[],
): string | undefined {
  const problem = nodeProblem(subject);
  if (problem !== undefined) return problem;
  if (subject.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (subject.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (subject.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (subject.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return (
    nameProblem(subject) ??
    (areUsages(usages, 'digital signature', 'client auth')
      ? undefined
      : 'usages did not match [client auth digital signature key encipherment]')
  );
}

/** Why a request is not for a certificate with which a kubelet serves. */
function kubeletServingProblem(
  subject: RequestedSubject,
  usages: readonly string[],
): string | undefined {
  const problem = nodeProblem(subject);
  if (problem !== undefined) return problem;
  if (subject.dnsNames.length + subject.ipAddresses.length === 0)
    return 'DNS or IP subjectAltName is required';
  if (subject.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (subject.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!areUsages(usages, 'digital signature', 'server auth'))
    return 'usages did not match [digital signature key encipherment server auth]';
  return nameProblem(subject);
}

/** Why a request is not for a certificate of a client. */
function clientProblem(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth'];
  const strange = usages.find((usage) => !allowed.includes(usage));
  if (strange !== undefined) return `invalid usage for client certificate: ${strange}`;
  return usages.includes('client auth')
    ? undefined
    : 'missing required usage for client certificate: client auth';
}

/** Why a signer does not sign a request; undefined when it does. */
export function problemFor(
  signerName: string,
  subject: RequestedSubject,
  usages: readonly string[],
): string | undefined {
  switch (signerName) {
    case SIGNERS.kubeletServing:
      return kubeletServingProblem(subject, usages);
    case SIGNERS.kubeletClient:
      return kubeletClientProblem(subject, usages);
    case SIGNERS.apiServerClient:
      return clientProblem(usages);
    default:
      return undefined;
  }
}
