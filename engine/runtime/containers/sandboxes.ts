import type { PublishedPort, SandboxDns } from '../../api/agent.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { macFor } from '../network/address-pool.ts';
import type { NetworkStore } from '../network/networks.ts';
import { PortTable } from '../network/port-table.ts';
import { RuntimeError } from '../runtime-error.ts';
import type {
  Endpoint,
  EndpointConfig,
  Network,
  PublishedHostPort,
  Sandbox,
  SandboxConfig,
} from '../types.ts';
import { nameServersIn } from '../oci/network-files.ts';
import { podPaths } from './container-paths.ts';
import { gatewayEndpoint, sandboxSpec, wireEndpoint } from './sandbox-spec.ts';

/** Network namespaces with their addresses and published ports. */
export class Sandboxes {
  readonly #agent: AgentClient;
  readonly #networks: NetworkStore;
  /** the machine's name and /etc/resolv.conf, known after recovery */
  readonly #machine: { readonly hostname: string; readonly resolvConf: string };
  readonly #ports = new PortTable();
  /** removals under way: their addresses and ports are free already, but not yet in the machine */
  readonly #leaving = new Set<Promise<unknown>>();

  constructor(
    agent: AgentClient,
    networks: NetworkStore,
    machine: { readonly hostname: string; readonly resolvConf: string },
  ) {
    this.#agent = agent;
    this.#networks = networks;
    this.#machine = machine;
  }

  /** Takes what a sandbox that already exists uses. */
  adopt(sandbox: Sandbox): void {
    for (const { networkId, address } of sandbox.endpoints)
      this.#networks.pool(networkId).take(address);
    this.#ports.allocate(sandbox.ports);
  }

  /**
   * Removes what a worker left in the machine that ended while it made something. Returns those that are known
   * and not there: the machine has started anew.
   */
  async reconcile(known: readonly Sandbox[]): Promise<readonly Sandbox[]> {
    const { ids, ports } = await this.#agent.call('sandbox.list', {});
    const names = new Set(known.map(({ id }) => id));
    const published = known.flatMap((sandbox) => this.#published(sandbox)).map(portText);
    const left = ports.filter((port) => !published.includes(portText(port)));
    if (left.length > 0) await this.#agent.call('port.withdraw', { ports: left });
    for (const id of ids) if (!names.has(id)) await this.#removeNamespace(id);
    return known.filter(({ id, stopped }) => stopped !== true && !ids.includes(id));
  }

  /** Allocates, then makes it. Throws PORT_IN_USE with Docker's message; nothing is left behind then. */
  async create(config: SandboxConfig): Promise<Sandbox> {
    const wanted = config.network.kind === 'bridge' ? config.network.endpoints : [];
    const endpoints: Endpoint[] = [];
    let ports: readonly PublishedHostPort[] = [];
    try {
      for (const one of wanted) endpoints.push(this.#allocate(one, nextDevice(endpoints)));
      ports = this.#allocatePorts(config, endpoints);
      const tellsNames = this.#of(endpoints).some((network) => network.tellsNames === true);
      const sandbox: Sandbox = { id: config.id, config, endpoints, tellsNames, ports };
      await Promise.all(this.#leaving);
      const networks = this.#of(endpoints);
      await Promise.all(networks.map((network) => this.#networks.bridge(network)));
      const spec = sandboxSpec(sandbox, networks, this.#dns(sandbox), this.#machine);
      const { cni, ...namespaces } = await this.#agent.call('sandbox.create', spec);
      if (spec.mode === 'pod') {
        const addresses = (cni?.ips ?? []).map(({ address }) => address.replace(/\/.*/, ''));
        return { ...sandbox, pod: { ...namespaces, addresses } };
      }
      await this.#publish(sandbox).catch(async (error: unknown) => {
        await this.#agent.call('sandbox.remove', { id: sandbox.id });
        throw error;
      });
      return sandbox;
    } catch (error) {
      if (config.network.kind === 'pod') await this.#removeFiles(config.id);
      this.#ports.release(ports);
      this.#release(endpoints);
      throw error;
    }
  }

  /** Puts a sandbox in use on another network. Returns it as it is then. */
  async connect(sandbox: Sandbox, wanted: EndpointConfig): Promise<Sandbox> {
    const endpoint = this.#allocate(wanted, nextDevice(sandbox.endpoints));
    const network = this.#networks.get(endpoint.networkId);
    const connected = this.#with(sandbox, [...sandbox.endpoints, endpoint]);
    try {
      await this.#networks.bridge(network);
      const dns = this.#dns(connected);
      await this.#agent.call('sandbox.connect', {
        id: sandbox.id,
        endpoint: wireEndpoint(endpoint, network),
        defaultRoute: this.#gateway(connected)?.device ?? '',
        ...(dns === undefined ? {} : { dns }),
      });
    } catch (error) {
      this.#release([endpoint]);
      throw error;
    }
    return this.#movePorts(sandbox, connected);
  }

  /** Takes a sandbox in use from a network. */
  async disconnect(sandbox: Sandbox, networkId: string): Promise<Sandbox> {
    const left = sandbox.endpoints.filter((endpoint) => endpoint.networkId !== networkId);
    const gone = sandbox.endpoints.filter((endpoint) => endpoint.networkId === networkId);
    const disconnected = this.#with(sandbox, left);
    for (const { device } of gone) {
      await this.#agent.call('sandbox.disconnect', {
        id: sandbox.id,
        device,
        defaultRoute: this.#gateway(disconnected)?.device ?? '',
      });
    }
    this.#release(gone);
    return this.#movePorts(sandbox, disconnected);
  }

  /** Gives an endpoint other names. */
  async name(sandbox: Sandbox, networkId: string, names: readonly string[]): Promise<Sandbox> {
    const endpoints = sandbox.endpoints.map((endpoint) =>
      endpoint.networkId === networkId ? { ...endpoint, names } : endpoint,
    );
    for (const { device, networkId: id } of endpoints) {
      if (id === networkId)
        await this.#agent.call('sandbox.name', { id: sandbox.id, device, names });
    }
    return { ...sandbox, endpoints };
  }

  /** Makes addresses and ports free at once; whoever takes them waits until `dismantled`. */
  retire(sandbox: Sandbox, dismantled: Promise<unknown>): void {
    this.#ports.release(sandbox.ports);
    this.#release(sandbox.endpoints);
    const left = dismantled.catch(() => {}).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  /** Takes it down in the machine. */
  async dismantle(sandbox: Sandbox): Promise<void> {
    await this.#withdraw(sandbox);
    await this.#removeNamespace(sandbox.id);
    if (sandbox.config.network.kind === 'pod') await this.#removeFiles(sandbox.id);
  }

  async remove(sandbox: Sandbox): Promise<void> {
    const dismantled = this.dismantle(sandbox);
    this.retire(sandbox, dismantled);
    await dismantled;
  }

  async #removeFiles(id: string): Promise<void> {
    const { directory: path } = podPaths(id);
    await this.#agent.call('file.remove', { path, recursive: true });
  }

  async #removeNamespace(id: string): Promise<void> {
    try {
      await this.#agent.call('sandbox.remove', { id });
    } catch (error) {
      if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
    }
  }

  #with(sandbox: Sandbox, endpoints: readonly Endpoint[]): Sandbox {
    const tellsNames =
      sandbox.tellsNames || this.#of(endpoints).some((network) => network.tellsNames === true);
    return { ...sandbox, endpoints, tellsNames };
  }

  #of(endpoints: readonly Endpoint[]): Network[] {
    return endpoints.map(({ networkId }) => this.#networks.get(networkId));
  }

  #gateway(sandbox: Sandbox): Endpoint | undefined {
    return gatewayEndpoint(sandbox.endpoints, this.#of(sandbox.endpoints));
  }

  #allocate(wanted: EndpointConfig, device: string): Endpoint {
    const network = this.#networks.get(wanted.network);
    const pool = this.#networks.pool(network.id);
    let address: string;
    try {
      address = pool.take(wanted.address);
    } catch (error) {
      if (!(error instanceof RuntimeError && error.code === 'CONFLICT')) throw error;
      throw new RuntimeError(
        'INTERNAL',
        `no available IPv4 addresses on this network's address pools: ${network.name} (${network.id})`,
        { cause: error },
      );
    }
    return {
      network: network.name,
      networkId: network.id,
      device,
      address,
      prefixLength: pool.prefixLength,
      gateway: pool.gateway,
      mac: wanted.mac ?? macFor(address),
      names: wanted.names ?? [],
    };
  }

  #release(endpoints: readonly Endpoint[]): void {
    for (const { networkId, address } of endpoints) {
      if (this.#networks.find(networkId) !== undefined)
        this.#networks.pool(networkId).release(address);
    }
  }

  /** Ports are published on the network that leads outside; on none, when there is none. */
  #allocatePorts(config: SandboxConfig, endpoints: readonly Endpoint[]): PublishedHostPort[] {
    const gateway = gatewayEndpoint(endpoints, this.#of(endpoints));
    if (gateway === undefined) return [];
    const network = this.#networks.get(gateway.networkId);
    return network.internal === true ? [] : this.#ports.allocate(config.ports, network.hostAddress);
  }

  #dns(sandbox: Sandbox): SandboxDns | undefined {
    if (!sandbox.tellsNames || sandbox.config.network.kind !== 'bridge') return undefined;
    const { dns, network } = sandbox.config;
    const links = Object.assign({}, ...network.endpoints.map((endpoint) => endpoint.links ?? {}));
    return {
      servers: dns?.servers.length ? dns.servers : nameServersIn(this.#machine.resolvConf),
      links: links as Record<string, string>,
      keepsUnqualified: dns?.options.some((option) => option.startsWith('ndots:')) === true,
    };
  }

  async #publish(sandbox: Sandbox): Promise<void> {
    const ports = this.#published(sandbox);
    if (ports.length === 0) return;
    try {
      await this.#agent.call('port.publish', { ports });
    } catch (error) {
      if (!(error instanceof AgentError && error.code === 'EADDRINUSE')) throw error;
      const [first] = sandbox.ports;
      const address = `${first?.hostAddress}:${first?.hostPort}`;
      throw new RuntimeError(
        'PORT_IN_USE',
        `failed to bind port ${address}/${first?.protocol}: listen ${first?.protocol}4 ${address}: bind: address already in use`,
        { cause: error },
      );
    }
  }

  async #withdraw(sandbox: Sandbox): Promise<void> {
    const ports = this.#published(sandbox);
    if (ports.length > 0) await this.#agent.call('port.withdraw', { ports });
  }

  /** Published ports lead to the endpoint that leads outside, also after it has become another. */
  async #movePorts(before: Sandbox, after: Sandbox): Promise<Sandbox> {
    if (this.#gateway(before)?.address === this.#gateway(after)?.address) return after;
    await this.#withdraw(before);
    this.#ports.release(before.ports);
    const moved = { ...after, ports: this.#allocatePorts(after.config, after.endpoints) };
    await this.#publish(moved);
    return moved;
  }

  #published(sandbox: Sandbox): PublishedPort[] {
    const address = this.#gatewayAddress(sandbox);
    if (address === undefined) return [];
    return sandbox.ports.map(({ protocol, hostAddress, hostPort, containerPort }) => ({
      protocol,
      hostAddress,
      hostPort,
      address,
      port: containerPort,
    }));
  }

  /** Also of a sandbox whose networks have gone meanwhile. */
  #gatewayAddress({ endpoints }: Sandbox): string | undefined {
    const known = endpoints.filter(({ networkId }) => this.#networks.find(networkId) !== undefined);
    return gatewayEndpoint(known, this.#of(known))?.address ?? endpoints[0]?.address;
  }
}

function portText(port: PublishedPort): string {
  const { protocol, hostAddress, hostPort, address, port: number } = port;
  return `${protocol} ${hostAddress}:${hostPort} ${address}:${number}`;
}

/** The first name of `eth0`, `eth1`, … that is free. */
function nextDevice(endpoints: readonly Endpoint[]): string {
  for (let number = 0; ; number++) {
    const device = `eth${number}`;
    if (!endpoints.some((endpoint) => endpoint.device === device)) return device;
  }
}
