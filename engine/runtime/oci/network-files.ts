import type { DnsConfig } from '../types.ts';

export interface NetworkFiles {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

export interface NetworkFilesInput {
  readonly hostname: string;
  readonly domainname?: string | undefined;
  /** the container's own, on each of its networks */
  readonly addresses: readonly string[];
  /** whether it has the embedded name server */
  readonly tellsNames: boolean;
  /** `name:address` */
  readonly extraHosts?: readonly string[] | undefined;
  readonly dns?: DnsConfig | undefined;
  /** the machine's /etc/resolv.conf */
  readonly machineResolvConf: string;
  /** the machine's /etc/hosts, when the container is on the machine's network */
  readonly machineHosts?: string | undefined;
}

const LOCAL_HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'ff00::0\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

/** Where the embedded name server is, inside each container that has it. */
const EMBEDDED_SERVER = '127.0.0.11';
/** What dockerd writes where the machine has no server that a container could reach. */
const DEFAULT_SERVERS = ['8.8.8.8', '8.8.4.4'];

/** /etc/hostname, /etc/hosts and /etc/resolv.conf as Docker writes them for a container. */
export function networkFiles(input: NetworkFilesInput): NetworkFiles {
  return {
    hostname: `${input.hostname}\n`,
    hosts: hosts(input),
    resolvConf: resolvConf(input),
  };
}

function hosts({ addresses, extraHosts = [], machineHosts, ...names }: NetworkFilesInput): string {
  if (machineHosts !== undefined && extraHosts.length === 0) return machineHosts;
  const extra = extraHosts.map((entry) => {
    const colon = entry.indexOf(':');
    return `${entry.slice(colon + 1)}\t${entry.slice(0, colon)}`;
  });
  const own = addresses.map((address) => ownHostsLine(address, names));
  return [...LOCAL_HOSTS, ...extra, ...own, ''].join('\n');
}

/** The line that tells a container its own names. */
export function ownHostsLine(
  address: string,
  { hostname, domainname }: { readonly hostname: string; readonly domainname?: string | undefined },
): string {
  const full = domainname ? `${hostname}.${domainname}` : hostname;
  const dot = full.indexOf('.');
  return `${address}\t${dot < 0 ? full : `${full} ${full.slice(0, dot)}`}`;
}

/** What is asked for replaces what the machine has; its name servers on loopback do not answer in a container. */
export function resolvConf({
  dns,
  machineResolvConf,
  machineHosts,
  tellsNames,
}: Pick<NetworkFilesInput, 'dns' | 'machineResolvConf' | 'machineHosts' | 'tellsNames'>): string {
  const asked = (dns?.servers.length ?? 0) + (dns?.search.length ?? 0) + (dns?.options.length ?? 0);
  if (asked === 0 && machineHosts !== undefined) return machineResolvConf;
  const search = dns?.search.length ? dns.search : wordsIn(machineResolvConf, 'search');
  const options = dns?.options.length ? dns.options : wordsIn(machineResolvConf, 'options');
  if (tellsNames) {
    // The machine is impatient because it has no server; this one answers, be it slowly.
    const patient = options.filter((option) => !/^(timeout|attempts):/.test(option));
    const own = options.some((option) => option.startsWith('ndots')) ? [] : ['ndots:0'];
    return build([EMBEDDED_SERVER], search, [...patient, ...own]);
  }
  if (asked > 0)
    return build(
      dns?.servers.length ? dns.servers : wordsIn(machineResolvConf, 'nameserver'),
      search,
      options,
    );
  // The machine's file goes on as it is, without servers that no container reaches.
  const kept = machineResolvConf.replaceAll(/^\s*nameserver\s+(127\.\S*|::1)\s*\n?/gm, '');
  if (nameServersIn(kept).length > 0) return kept;
  return `${kept}\n${DEFAULT_SERVERS.map((server) => `nameserver ${server}`).join('\n')}\n`;
}

/** Servers of a resolv.conf(5) that can be asked from another network. */
export function nameServersIn(text: string): readonly string[] {
  return wordsIn(text, 'nameserver').filter((server) => !/^(127\.|::1)/.test(server));
}

/** A Pod's /etc/resolv.conf: exactly what its DNS says, or the machine's own when it says nothing. */
export function podResolvConf(dns: DnsConfig | undefined, machineResolvConf: string): string {
  return dns === undefined ? machineResolvConf : build(dns.servers, dns.search, dns.options);
}

function wordsIn(text: string, keyword: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first === keyword)
    .flatMap(([, ...words]) => words);
}

function build(
  servers: readonly string[],
  search: readonly string[],
  options: readonly string[],
): string {
  const searched = search.join(' ') === '.' ? [] : search;
  return [
    ...(searched.length === 0 ? [] : [`search ${searched.join(' ')}`]),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
    '',
  ].join('\n');
}
