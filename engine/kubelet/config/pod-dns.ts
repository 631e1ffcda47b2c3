/**
 * What becomes a Pod's /etc/resolv.conf (k8s.io/kubernetes pkg/kubelet/network/dns).
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
 */
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { PodDns } from '../../runtime/cri/types.ts';

/** Limits of glibc and musl. */
const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;
const MOST_SEARCH_CHARACTERS = 2048;
const LONGEST_SEARCH = 253;
/** So that `web.default` is looked up in the cluster first. */
const CLUSTER_OPTIONS = ['ndots:5'];

export interface DnsOptions {
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** text of the node's own resolv.conf; absent where the node has none to inherit */
  readonly resolvConf?: string;
  /** Told of what was left out, and of what the node lacks. */
  readonly warn: (reason: 'DNSConfigForming' | 'MissingClusterDNS', message: string) => void;
}

/** @throws Error when the node's resolv.conf is broken */
export function podDns(pod: Pod, options: DnsOptions): PodDns {
  const { clusterDns, clusterDomain, resolvConf, warn } = options;
  const ofNode =
    resolvConf === undefined
      ? { servers: [], searches: [], options: [] }
      : parseResolvConf(resolvConf);
  const base = (): PodDns => {
    switch (policyOf(pod)) {
      case 'None':
        return { servers: [], searches: [], options: [] };
      case 'ClusterFirst': {
        if (clusterDns.length > 0)
          return {
            servers: clusterDns,
            searches: clusterSearches(pod, clusterDomain, ofNode.searches),
            options: CLUSTER_OPTIONS,
          };
        const { name = '', namespace = '', uid = '' } = pod.metadata;
        warn(
          'MissingClusterDNS',
          `pod: ${goQuote(`${name}_${namespace}(${uid})`)}. kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`,
        );
        return ofNode;
      }
      case 'Default':
        // Without a server named, a resolver asks the local machine.
        return resolvConf === undefined
          ? { servers: ['127.0.0.1'], searches: ['.'], options: [] }
          : ofNode;
    }
  };
  const { dnsConfig } = pod.spec;
  const chosen = base();
  if (dnsConfig === undefined) return withinLimits(chosen, warn);
  const { nameservers = [], searches = [], options: own = [] } = dnsConfig;
  return withinLimits(
    {
      servers: [...new Set([...chosen.servers, ...nameservers])],
      searches: [...new Set([...chosen.searches, ...searches])],
      options: mergedOptions(
        chosen.options,
        own.map(({ name = '', value = '' }) => (value === '' ? name : `${name}:${value}`)),
      ),
    },
    warn,
  );
}

/** On the host network, `ClusterFirst` is what the node has. */
function policyOf({ spec }: Pod): 'None' | 'ClusterFirst' | 'Default' {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false } = spec;
  if (dnsPolicy === 'ClusterFirstWithHostNet') return 'ClusterFirst';
  return dnsPolicy === 'ClusterFirst' && hostNetwork ? 'Default' : dnsPolicy;
}

function clusterSearches(
  { metadata }: Pod,
  clusterDomain: string,
  ofNode: readonly string[],
): string[] {
  if (clusterDomain === '') return [...ofNode];
  const { namespace = '' } = metadata;
  const services = `svc.${clusterDomain}`;
  return [...new Set([`${namespace}.${services}`, services, clusterDomain, ...ofNode])];
}

/** Servers add up; of several `search` lines the last counts; of an option the last value does. */
function parseResolvConf(text: string): PodDns {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    const [first] = values;
    if (keyword === 'nameserver') {
      if (first === undefined)
        throw new Error(
          'Encountered error while parsing resolv conf file. Error: nameserver list is empty ',
        );
      servers.push(first);
    } else if (keyword === 'search')
      searches = values.filter((value) => value !== '.').map((value) => value.replace(/\.$/, ''));
    else if (keyword === 'options') options = mergedOptions(options, values);
  }
  return { servers, searches, options };
}

function mergedOptions(existing: readonly string[], more: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const option of [...existing, ...more]) byName.set(option.split(':', 1)[0] ?? '', option);
  return [...byName.values()];
}

function withinLimits({ servers, searches, options }: PodDns, warn: DnsOptions['warn']): PodDns {
  const keptServers = servers.slice(0, MOST_NAMESERVERS);
  if (keptServers.length < servers.length)
    warn(
      'DNSConfigForming',
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${keptServers.join(' ')}`,
    );
  const keptSearches = searches
    .slice(0, MOST_SEARCHES)
    .filter((search) => search.length <= LONGEST_SEARCH);
  while (keptSearches.join(' ').length > MOST_SEARCH_CHARACTERS) keptSearches.pop();
  if (keptSearches.length < searches.length)
    warn(
      'DNSConfigForming',
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${keptSearches.join(' ')}`,
    );
  return { servers: keptServers, searches: keptSearches, options };
}
