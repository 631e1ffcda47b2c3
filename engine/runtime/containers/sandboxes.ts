import type { PublishedPort, SandboxSpec } from '../../api/agent.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { AddressPool, macFor } from '../network/address-pool.ts';
import { PortTable } from '../network/port-table.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Network, Sandbox, SandboxConfig, SandboxNetwork } from '../types.ts';

/** Network namespaces with their addresses and published ports. */
export class Sandboxes {
  readonly #agent: AgentClient;
  readonly #ports = new PortTable();
  readonly #pools = new Map<string, AddressPool>();
  readonly #bridges = new Map<string, Promise<void>>();
  /** removals under way: their addresses and ports are free already, but not yet in the machine */
  readonly #leaving = new Set<Promise<unknown>>();
  #networks: readonly Network[] = [];

  constructor(agent: AgentClient) {
    this.#agent = agent;
  }

  /** Makes the networks known; their bridges are made in the background, and waited for when needed. */
  useNetworks(networks: readonly Network[]): void {
    this.#networks = networks;
    for (const network of networks) {
      this.#pools.set(network.name, new AddressPool(network.subnet));
      this.#bridge(network).catch(() => {});
    }
  }

  /** Takes what a sandbox that already exists uses. */
  adopt(sandbox: Sandbox): void {
    if (sandbox.network !== undefined)
      this.#pool(sandbox.network.network).take(sandbox.network.address);
    this.#ports.allocate(sandbox.ports);
  }

  /** Allocates, then makes it. Throws PORT_IN_USE with Docker's message; nothing is left behind then. */
  async create(config: SandboxConfig): Promise<Sandbox> {
    const ports = this.#ports.allocate(config.ports);
    let network: SandboxNetwork | undefined;
    try {
      network = config.network.kind === 'bridge' ? this.#address(config.network) : undefined;
      const sandbox: Sandbox = {
        id: config.id,
        config,
        ports,
        ...(network === undefined ? {} : { network }),
      };
      await Promise.all(this.#leaving);
      if (network !== undefined) await this.#bridge(this.#network(network.network));
      await this.#agent.call('sandbox.create', sandboxSpec(sandbox, network, this.#networks));
      await this.#publish(sandbox);
      return sandbox;
    } catch (error) {
      this.#ports.release(ports);
      if (network !== undefined) this.#pool(network.network).release(network.address);
      throw error;
    }
  }

  /** Makes addresses and ports free at once; whoever takes them waits until `dismantled`. */
  retire(sandbox: Sandbox, dismantled: Promise<unknown>): void {
    this.#ports.release(sandbox.ports);
    if (sandbox.network !== undefined) {
      this.#pool(sandbox.network.network).release(sandbox.network.address);
    }
    const left = dismantled.catch(() => {}).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  /** Takes it down in the machine. */
  async dismantle(sandbox: Sandbox): Promise<void> {
    const ports = publishedPorts(sandbox);
    if (ports.length > 0) await this.#agent.call('port.withdraw', { ports });
    try {
      await this.#agent.call('sandbox.remove', { id: sandbox.id });
    } catch (error) {
      if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
    }
  }

  async remove(sandbox: Sandbox): Promise<void> {
    const dismantled = this.dismantle(sandbox);
    this.retire(sandbox, dismantled);
    await dismantled;
  }

  async #publish(sandbox: Sandbox): Promise<void> {
    const ports = publishedPorts(sandbox);
    if (ports.length === 0) return;
    try {
      await this.#agent.call('port.publish', { ports });
    } catch (error) {
      await this.#agent.call('sandbox.remove', { id: sandbox.id });
      if (!(error instanceof AgentError && error.code === 'EADDRINUSE')) throw error;
      const [first] = sandbox.ports;
      const address = `${first?.hostAddress}:${first?.hostPort}`;
      throw new RuntimeError(
        'PORT_IN_USE',
        `failed to bind port ${address}/${first?.protocol}: listen ${first?.protocol}4 ${address}: bind: address already in use`,
        {
          cause: error,
        },
      );
    }
  }

  #bridge(network: Network): Promise<void> {
    let made = this.#bridges.get(network.name);
    if (made === undefined) {
      const prefixLength = network.subnet.split('/')[1];
      made = this.#agent
        .call('bridge.ensure', {
          name: network.bridge,
          address: `${network.gateway}/${prefixLength}`,
        })
        .then(() => {});
      this.#bridges.set(network.name, made);
      made.catch(() => this.#bridges.delete(network.name));
    }
    return made;
  }

  #address(wanted: Extract<SandboxConfig['network'], { kind: 'bridge' }>): SandboxNetwork {
    const network = this.#network(wanted.network);
    const pool = this.#pool(network.name);
    const address = pool.take(wanted.address);
    return {
      network: network.name,
      address,
      prefixLength: pool.prefixLength,
      gateway: pool.gateway,
      mac: wanted.mac ?? macFor(address),
    };
  }

  #network(name: string): Network {
    const network = this.#networks.find((each) => each.name === name || each.id === name);
    if (network === undefined) throw new RuntimeError('NOT_FOUND', `network ${name} not found`);
    return network;
  }

  #pool(name: string): AddressPool {
    const pool = this.#pools.get(name);
    if (pool === undefined) throw new RuntimeError('NOT_FOUND', `network ${name} not found`);
    return pool;
  }
}

function sandboxSpec(
  sandbox: Sandbox,
  network: SandboxNetwork | undefined,
  networks: readonly Network[],
): SandboxSpec {
  const { id, config } = sandbox;
  if (config.network.kind !== 'bridge' || network === undefined) {
    return { id, network: { mode: config.network.kind === 'host' ? 'host' : 'none' } };
  }
  const bridge = networks.find(({ name }) => name === network.network)?.bridge ?? '';
  const { gateway, mac } = network;
  return {
    id,
    network: {
      mode: 'bridge',
      bridge,
      address: `${network.address}/${network.prefixLength}`,
      gateway,
      mac,
    },
  };
}

function publishedPorts({ ports, network }: Sandbox): PublishedPort[] {
  if (network === undefined) return [];
  return ports.map(({ protocol, hostAddress, hostPort, containerPort }) => ({
    protocol,
    hostAddress,
    hostPort,
    address: network.address,
    port: containerPort,
  }));
}
