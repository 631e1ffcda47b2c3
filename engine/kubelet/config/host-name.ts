import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../objects/names.ts';
import type { PodHostName } from './hosts-file.ts';

/** Characters of a host name that Linux has room for (64 bytes with the 0 at the end). */
const LONGEST_HOSTNAME = 63;
/** … and of a full name, which may use the last byte too */
const LONGEST_FULL_NAME = 64;

/** Host name and domain of a Pod. @throws Error with upstream's message */
export function podHostName({ metadata, spec }: Pod, clusterDomain: string): PodHostName {
  const { name = '', namespace = '' } = metadata;
  const { hostname = '', subdomain = '', hostnameOverride } = spec;
  if (hostnameOverride !== undefined) {
    const problems = isDns1123Subdomain(hostnameOverride);
    if (problems.length > 0)
      throw new Error(
        `pod HostnameOverride ${goQuote(hostnameOverride)} is not a valid DNS subdomain: ${problems.join(';')}`,
      );
    return { hostname: truncated(hostnameOverride, name), domain: '' };
  }
  if (hostname !== '') checkLabel('Hostname', hostname);
  if (subdomain !== '') checkLabel('Subdomain', subdomain);
  return {
    hostname: truncated(hostname === '' ? name : hostname, name),
    domain: subdomain === '' ? '' : `${subdomain}.${namespace}.svc.${clusterDomain}`,
  };
}

function checkLabel(field: string, value: string): void {
  const problems = isDns1123Label(value);
  if (problems.length > 0)
    throw new Error(
      `pod ${field} ${goQuote(value)} is not a valid DNS label: ${problems.join(';')}`,
    );
}

function truncated(hostname: string, podName: string): string {
  if (hostname.length <= LONGEST_HOSTNAME) return hostname;
  const short = hostname.slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '');
  if (short === '')
    throw new Error(`hostname for pod ${goQuote(podName)} was invalid: ${goQuote(hostname)}`);
  return short;
}

/** What the kernel of the sandbox is told. @throws Error when a full name is wanted and is too long */
export function kernelHostName(
  { hostname, domain }: PodHostName,
  setHostnameAsFqdn: boolean,
): string {
  if (domain === '' || !setHostnameAsFqdn) return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length > LONGEST_FULL_NAME)
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${LONGEST_FULL_NAME} characters is the max, ${full.length} characters requested)`,
    );
  return full;
}
