import { RulesetBuilder, withComment, type Ruleset } from '../nftables/ruleset.ts';
import { addBaseRules, MASQUERADE, type Dispatch, type ProxySettings } from './base-rules.ts';
import type { ChainNames } from './chain-names.ts';
import { printEndpoint, type Endpoint } from './endpoints.ts';
import {
  isExternallyAccessible,
  isIn,
  portKey,
  printPort,
  type ServicePort,
} from './service-ports.ts';
import { usableEndpoints, type UsableEndpoints } from './usable-endpoints.ts';

export interface ProxyState {
  readonly ports: readonly ServicePort[];
  /** by `portKey` */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
}

/**
 * The table `ip kube-proxy` of a node: what upstream's nftables mode has for the same Services, under
 * the same names and in the same layout (pkg/proxy/nftables). There is no IPv6.
 */
export function kubeProxyRuleset(
  names: ChainNames,
  settings: ProxySettings,
  { ports, endpoints }: ProxyState,
): Ruleset {
  const rules = new RulesetBuilder();
  const dispatch = addBaseRules(rules, settings);
  for (const port of ports) {
    const usable = usableEndpoints(port, endpoints.get(portKey(port)) ?? [], settings);
    new PortRules(names, settings, rules, dispatch, port, usable).add();
  }
  return rules;
}

/** The rules of one port of a Service. */
class PortRules {
  readonly #names: ChainNames;
  readonly #settings: ProxySettings;
  readonly #rules: RulesetBuilder;
  readonly #dispatch: Dispatch;
  readonly #port: ServicePort;
  readonly #usable: UsableEndpoints;
  readonly #protocol: string;
  readonly #base: string;

  constructor(
    names: ChainNames,
    settings: ProxySettings,
    rules: RulesetBuilder,
    dispatch: Dispatch,
    port: ServicePort,
    usable: UsableEndpoints,
  ) {
    this.#names = names;
    this.#settings = settings;
    this.#rules = rules;
    this.#dispatch = dispatch;
    this.#port = port;
    this.#usable = usable;
    this.#protocol = port.protocol.toLowerCase();
    this.#base = names.ofPort(port);
  }

  add(): void {
    const { cluster, local, reachable } = this.#usable;
    const { clusterIp, number } = this.#port;
    this.#dispatch.clusterIps.set(clusterIp, {});
    for (const { isLocal, address, port } of reachable) {
      if (isLocal)
        this.#dispatch.hairpins.set(`${address} . ${address} . ${this.#protocol} . ${port}`, {});
    }
    if (cluster.length > 0) this.#addPolicyChain(`service-${this.#base}`, cluster);
    if (local.length > 0) this.#addPolicyChain(`local-${this.#base}`, local);
    if (this.#port.affinitySeconds !== undefined)
      reachable.forEach((each) => this.#addSticky(each));
    const { internalLocal } = this.#port;
    const has = this.#hasFor(internalLocal);
    this.#addDestination(clusterIp, number, has ? this.#chainFor(internalLocal) : undefined, has);
    this.#addExternal();
  }

  /** The ways in from outside: external addresses, load balancers, node ports. */
  #addExternal(): void {
    const { externalIps, loadBalancerIps, nodePort, number, externalLocal } = this.#port;
    const { exist } = this.#usable;
    if (!isExternallyAccessible(this.#port)) return;
    const chain = exist ? `external-${this.#base}` : undefined;
    const has = this.#hasFor(externalLocal);
    if (chain !== undefined) this.#addExternalChain(chain, has);
    for (const address of externalIps) this.#addDestination(address, number, chain, has);
    for (const address of loadBalancerIps) this.#addDestination(address, number, chain, has);
    this.#addFirewall();
    if (nodePort === 0) return;
    const key = `${this.#protocol} . ${nodePort}`;
    if (chain !== undefined) this.#dispatch.nodePorts.set(key, { value: `goto ${chain}` });
    if (!has) this.#dispatch.nodePortsWithout.set(key, this.#refusal());
  }

  /** @param chain where packets go; the external one lets some pass even when there is nothing for outsiders */
  #addDestination(address: string, number: number, chain: string | undefined, has: boolean): void {
    const key = `${address} . ${this.#protocol} . ${number}`;
    const { serviceIps, servicesWithout } = this.#dispatch;
    if (chain !== undefined) serviceIps.set(key, { value: `goto ${chain}` });
    if (!has) servicesWithout.set(key, this.#refusal());
  }

  #addExternalChain(name: string, has: boolean): void {
    const rules = this.#rules.chain(name);
    const anywhere = `goto service-${this.#base}`;
    if (this.#port.externalLocal) {
      const { clusterCidr } = this.#settings;
      rules.push(
        withComment(`ip saddr ${clusterCidr} ${anywhere}`, 'short-circuit pod traffic'),
        withComment(`fib saddr type local ${MASQUERADE}`, 'masquerade local traffic'),
        withComment(`fib saddr type local ${anywhere}`, 'short-circuit local traffic'),
      );
    } else {
      rules.push(withComment(MASQUERADE, 'masquerade'));
    }
    if (has) rules.push(`goto ${this.#chainFor(this.#port.externalLocal)}`);
  }

  /** Who may come through the load balancer. */
  #addFirewall(): void {
    const { loadBalancerIps, sourceRanges, number } = this.#port;
    if (loadBalancerIps.length === 0 || sourceRanges.length === 0) return;
    const chain = `firewall-${this.#base}`;
    // The node itself may come with the load balancer's address, which is one of its own.
    const here = sourceRanges.some((range) => isIn(range, this.#settings.nodeIp));
    const sources = [...sourceRanges, ...(here ? loadBalancerIps : [])];
    this.#rules.chain(chain).push(`ip saddr != { ${sources.join(', ')} } drop`);
    for (const address of loadBalancerIps)
      this.#dispatch.firewalled.set(`${address} . ${this.#protocol} . ${number}`, {
        value: `goto ${chain}`,
      });
  }

  /** Chooses one of the endpoints, by chance or as the client had it before. */
  #addPolicyChain(name: string, endpoints: readonly Endpoint[]): void {
    const rules = this.#rules.chain(name);
    if (this.#port.affinitySeconds === undefined) {
      rules.push(`meta l4proto ${this.#protocol} ${translation(endpoints)}`);
      return;
    }
    const chains = endpoints.map((endpoint) => this.#nameOf(endpoint));
    for (const chain of chains) rules.push(`ip saddr @affinity-${chain} goto endpoint-${chain}`);
    const choices = chains.map((chain, index) => `${index} : goto endpoint-${chain}`);
    rules.push(`numgen random mod ${chains.length} vmap { ${choices.join(', ')} }`);
  }

  /** An endpoint that remembers its clients. */
  #addSticky(endpoint: Endpoint): void {
    const name = this.#nameOf(endpoint);
    this.#rules.dynamicSet(`affinity-${name}`, 'ipv4_addr', [
      'flags dynamic,timeout',
      `timeout ${this.#port.affinitySeconds}s`,
    ]);
    this.#rules
      .chain(`endpoint-${name}`)
      .push(
        `update @affinity-${name} { ip saddr }`,
        `meta l4proto ${this.#protocol} ${translation([endpoint])}`,
      );
  }

  #nameOf({ address, port }: Endpoint): string {
    return this.#names.ofEndpoint(this.#port, address, port);
  }

  #chainFor(local: boolean): string {
    return `${local ? 'local' : 'service'}-${this.#base}`;
  }

  #hasFor(local: boolean): boolean {
    return this.#usable.exist && (!local || this.#usable.local.length > 0);
  }

  /** Without any endpoint the client is told; if there are some elsewhere, another node may be asked. */
  #refusal(): { value: string; comment: string } {
    return {
      value: this.#usable.exist ? 'drop' : 'goto reject-chain',
      comment: printPort(this.#port),
    };
  }
}

function translation(endpoints: readonly Endpoint[]): string {
  const [first] = endpoints;
  if (endpoints.length === 1 && first !== undefined) return `dnat to ${printEndpoint(first)}`;
  const choices = endpoints.map(({ address, port }, index) => `${index} : ${address} . ${port}`);
  return `dnat ip addr . port to numgen random mod ${endpoints.length} map { ${choices.join(', ')} }`;
}
