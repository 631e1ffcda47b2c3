import type { HostAlias } from '../../objects/generated/core-v1.generated.ts';

/** Host name of a Pod, and the domain of its subdomain ('' without one). */
export interface PodHostName {
  readonly hostname: string;
  readonly domain: string;
}

/** A Pod's /etc/hosts on the Pod network, byte for byte as upstream's kubelet writes it. */
export function managedHostsFile(
  addresses: readonly string[],
  { hostname, domain }: PodHostName,
  aliases: readonly HostAlias[] = [],
): string {
  const names = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`;
  return [
    '# Kubernetes-managed hosts file.\n',
    '127.0.0.1\tlocalhost\n',
    '::1\tlocalhost ip6-localhost ip6-loopback\n',
    'fe00::0\tip6-localnet\n',
    'fe00::0\tip6-mcastprefix\n',
    'fe00::1\tip6-allnodes\n',
    'fe00::2\tip6-allrouters\n',
    ...addresses.map((address) => `${address}\t${names}\n`),
    aliasEntries(aliases),
  ].join('');
}

/** On the host network: the node's own, with the Pod's aliases. */
export function hostNetworkHostsFile(ofNode: string, aliases: readonly HostAlias[] = []): string {
  return `# Kubernetes-managed hosts file (host network).\n${ofNode}${aliasEntries(aliases)}`;
}

function aliasEntries(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const entries = aliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${entries.join('')}`;
}
