import { goQuote } from '../go-text.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type { Place } from './place.ts';
import { byteLength, type Check } from './rules.ts';

/** Names of certificate signers (`example.com/signer-name`) and of the trust bundles they publish. */

const domainLength = 253;
/** A namespace and a name in it, with a dot between. */
const pathLength = 63 + 1 + 253;

/** Reserved by the Kubernetes project. */
export function isKubernetesSigner(signerName: string): boolean {
  const host = signerName.split('/', 1)[0] ?? '';
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io');
}

export function signerName(name: string | undefined, at: Place): void {
  if (!name) return at.required();
  const [domain, path, ...rest] = name.split('/');
  if (domain === undefined || path === undefined || rest.length > 0) {
    at.invalid(
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
    return;
  }
  if (byteLength(domain) > domainLength) at.tooLong(domainLength);
  firstBadLabel(domain, isDns1123Label, at);
  if (!domain.includes('.')) {
    at.invalid(domain, 'should be a domain with at least two segments separated by dots');
  }
  firstBadLabel(path, isDns1123Subdomain, at);
  const maximum = domainLength + 1 + pathLength;
  if (byteLength(name) > maximum) at.tooLong(maximum);
}

function firstBadLabel(segment: string, check: Check, at: Place): void {
  for (const label of segment.split('.')) {
    const messages = check(label);
    for (const message of messages) {
      at.invalid(segment, `validating label ${goQuote(label)}: ${message}`);
    }
    if (messages.length > 0) return;
  }
}

/** The check of a ClusterTrustBundle's name, which begins with its signer's name if it has one. */
export function isClusterTrustBundleName(name: string, signer: string): readonly string[] {
  if (signer === '') {
    return name.includes(':')
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : isDns1123Subdomain(name);
  }
  const prefix = `${signer.replaceAll('/', ':')}:`;
  return name.startsWith(prefix)
    ? isDns1123Subdomain(name.slice(prefix.length))
    : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

/** The signer that a trust bundle's name tells, or ''. */
export function signerOfBundle(bundleName: string): string {
  const end = bundleName.lastIndexOf(':');
  return end < 0 ? '' : bundleName.slice(0, end).replaceAll(':', '/');
}
