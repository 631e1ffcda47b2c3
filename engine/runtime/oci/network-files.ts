export interface NetworkFiles {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

export interface NetworkFilesInput {
  readonly hostname: string;
  readonly domainname?: string | undefined;
  /** the container's own address; absent without a network of its own */
  readonly address?: string | undefined;
  /** `name:address` */
  readonly extraHosts?: readonly string[] | undefined;
  readonly dns?:
    | {
        readonly servers: readonly string[];
        readonly search: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
  /** the machine's /etc/resolv.conf */
  readonly machineResolvConf: string;
}

const LOCAL_HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

/** /etc/hostname, /etc/hosts and /etc/resolv.conf as Docker writes them for a container. */
export function networkFiles(input: NetworkFilesInput): NetworkFiles {
  const { hostname, domainname, address } = input;
  const extra = (input.extraHosts ?? []).map((entry) => {
    const colon = entry.indexOf(':');
    return `${entry.slice(colon + 1)}\t${entry.slice(0, colon)}`;
  });
  const names = domainname ? `${hostname}.${domainname} ${hostname}` : hostname;
  const own = address === undefined ? [] : [`${address}\t${names}`];
  return {
    hostname: `${hostname}\n`,
    hosts: [...LOCAL_HOSTS, ...extra, ...own, ''].join('\n'),
    resolvConf: resolvConf(input),
  };
}

/** What is asked for replaces what the machine has; its name servers on loopback do not answer in a container. */
function resolvConf({ dns, machineResolvConf }: NetworkFilesInput): string {
  const lines = machineResolvConf.split('\n').map((line) => line.trim());
  const of = (keyword: string): string[] => lines.filter((line) => line.startsWith(`${keyword} `));
  const servers = dns?.servers.length
    ? dns.servers.map((server) => `nameserver ${server}`)
    : of('nameserver').filter((line) => !/ (127\.|::1)/.test(line));
  const search = dns?.search.length ? [`search ${dns.search.join(' ')}`] : of('search');
  const options = dns?.options.length ? [`options ${dns.options.join(' ')}`] : of('options');
  return [...servers, ...search, ...options, ''].join('\n');
}
