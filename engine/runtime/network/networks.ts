import type { BridgeSpec } from '../../api/agent.ts';
import { DEFAULT_BRIDGE } from '../../api/docker-engine.ts';
import type { Clock } from '../../base/clock.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { RecordBook } from '../containers/records.ts';
import type { Network, NetworkOptions, Networks } from '../types.ts';
import { AddressPool } from './address-pool.ts';
import {
  contains,
  containsAddress,
  isAddress,
  overlaps,
  parseSubnet,
  subnetText,
  toAddress,
  toNumber,
  type Subnet,
} from './subnet.ts';

/** Docker's default network. */
const DEFAULT: NetworkOptions = {
  name: 'bridge',
  bridge: DEFAULT_BRIDGE.name,
  subnet: '172.17.0.0/16',
  gateway: '172.17.0.1',
};

/** Where subnets come from that nobody chose, as dockerd has it: base, and the size of each. */
const POOLS = [
  ['172.17.0.0/16', 16],
  ['172.18.0.0/16', 16],
  ['172.19.0.0/16', 16],
  ['172.20.0.0/14', 16],
  ['172.24.0.0/14', 16],
  ['172.28.0.0/14', 16],
  ['192.168.0.0/16', 20],
] as const;

/** Bridges of the machine with their subnets; who is on them is the sandboxes' business. */
export class NetworkStore implements Networks {
  readonly #book: RecordBook;
  readonly #agent: AgentClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pools = new Map<string, AddressPool>();
  readonly #bridges = new Map<string, Promise<void>>();
  /** pool that the next subnet is looked for in first: one that was just given up is not given out again at once */
  #nextPool = 0;
  /** ids of networks that a running sandbox is on */
  inUse: () => ReadonlySet<string> = () => new Set();

  constructor(book: RecordBook, agent: AgentClient, clock: Clock, random: Random) {
    this.#book = book;
    this.#agent = agent;
    this.#clock = clock;
    this.#random = random;
  }

  /** Makes known what is recorded. With `bridges`, these are made in the background already; all are waited for when needed. */
  recover(bridges: boolean): void {
    const { records } = this.#book;
    if (records.networks.length === 0) records.networks = [this.#record(DEFAULT)];
    for (const network of records.networks) {
      this.#pools.set(network.id, poolOf(network));
      if (bridges) this.bridge(network).catch(() => {});
    }
  }

  list(): readonly Network[] {
    return this.#book.records.networks;
  }

  find(reference: string): Network | undefined {
    const all = this.list();
    return all.find(({ id }) => id === reference) ?? all.find(({ name }) => name === reference);
  }

  /** Throws NOT_FOUND. */
  get(reference: string): Network {
    const network = this.find(reference);
    if (network === undefined)
      throw new RuntimeError('NOT_FOUND', `network ${reference} not found`);
    return network;
  }

  pool(id: string): AddressPool {
    const pool = this.#pools.get(id);
    if (pool === undefined) throw new RuntimeError('NOT_FOUND', `network ${id} not found`);
    return pool;
  }

  async create(options: NetworkOptions): Promise<Network> {
    const network = this.#record(options);
    const taken = this.list().some(({ bridge }) => bridge === network.bridge);
    if (taken)
      throw new RuntimeError(
        'FORBIDDEN',
        `cannot create network ${network.id} (${network.bridge}): conflicts with network ${this.list().find(({ bridge }) => bridge === network.bridge)?.id} (${network.bridge}): networks have same bridge name`,
      );
    await this.bridge(network);
    this.#pools.set(network.id, poolOf(network));
    this.#book.records.networks = [...this.list(), network];
    await this.#book.save();
    return network;
  }

  async remove(id: string): Promise<void> {
    const network = this.get(id);
    if (this.inUse().has(network.id))
      throw new RuntimeError(
        'FORBIDDEN',
        `error while removing network: network ${network.name} id ${network.id} has active endpoints`,
      );
    this.#book.records.networks = this.list().filter((each) => each.id !== network.id);
    this.#pools.delete(network.id);
    await this.#bridges.get(network.id)?.catch(() => {});
    this.#bridges.delete(network.id);
    try {
      await this.#agent.call('bridge.remove', { name: network.bridge });
    } catch (error) {
      if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
    }
    await this.#book.save();
  }

  /** Resolves when the machine has it. */
  bridge(network: Network): Promise<void> {
    let made = this.#bridges.get(network.id);
    if (made === undefined) {
      made = this.#agent.call('bridge.ensure', bridgeSpec(network)).then(() => {});
      this.#bridges.set(network.id, made);
      made.catch(() => this.#bridges.delete(network.id));
    }
    return made;
  }

  /** Checks what was asked for and completes it. */
  #record(options: NetworkOptions): Network {
    const id = toHex(this.#random.bytes(32));
    const subnet = options.subnet === undefined ? this.#nextSubnet() : this.#checkSubnet(options);
    const gateway = options.gateway ?? firstOf(subnet, options.ipRange);
    const inside = (address: string): boolean =>
      isAddress(address) && containsAddress(subnet, toNumber(address));
    if (!inside(gateway))
      throw new RuntimeError(
        'INTERNAL',
        `failed to allocate gateway (${gateway}): Requested address is out of range`,
      );
    for (const [name, address] of Object.entries(options.auxiliary ?? {})) {
      if (!isAddress(address))
        throw new RuntimeError(
          'INVALID',
          `non parsable secondary ip address (${name}:${address}) passed for network ${options.name}`,
        );
      if (!inside(address))
        throw new RuntimeError(
          'FORBIDDEN',
          `auxiliary address: (${name}:${address}) must belong to the master pool: ${subnetText(subnet)}`,
        );
    }
    return {
      ...options,
      id,
      bridge: options.bridge ?? `br-${id.slice(0, 12)}`,
      subnet: subnetText(subnet),
      gateway,
      createdAt: this.#clock.now(),
    };
  }

  #checkSubnet({ subnet: text = '', ipRange }: NetworkOptions): Subnet {
    const subnet = parseSubnet(text);
    if (ipRange !== undefined && !contains(subnet, parseSubnet(ipRange)))
      throw new RuntimeError(
        'INTERNAL',
        `failed to parse pool request for address space "LocalDefault" pool "${text}" subpool "${ipRange}": Invalid Address SubPool`,
      );
    if (this.list().some((other) => overlaps(parseSubnet(other.subnet), subnet)))
      throw new RuntimeError('FORBIDDEN', 'Pool overlaps with other one on this address space');
    return subnet;
  }

  #nextSubnet(): Subnet {
    const all = POOLS.flatMap(([base, prefixLength]) => split(parseSubnet(base), prefixLength));
    const used = this.list().map(({ subnet }) => parseSubnet(subnet));
    for (let offset = 0; offset < all.length; offset++) {
      const index = (this.#nextPool + offset) % all.length;
      const subnet = all[index];
      if (subnet === undefined || used.some((other) => overlaps(other, subnet))) continue;
      this.#nextPool = index + 1;
      return subnet;
    }
    throw new RuntimeError(
      'NOT_FOUND',
      'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    );
  }
}

function poolOf({ subnet, gateway, ipRange, auxiliary = {} }: Network): AddressPool {
  return new AddressPool({
    subnet,
    gateway,
    range: ipRange,
    reserved: Object.values(auxiliary),
  });
}

function firstOf(subnet: Subnet, ipRange: string | undefined): string {
  const range = ipRange === undefined ? subnet : parseSubnet(ipRange);
  return toAddress(range.first === subnet.first ? range.first + 1 : range.first);
}

function split({ first, last }: Subnet, prefixLength: number): Subnet[] {
  const size = 2 ** (32 - prefixLength);
  const subnets: Subnet[] = [];
  for (let start = first; start <= last; start += size)
    subnets.push({ first: start, last: start + size - 1, prefixLength });
  return subnets;
}

function bridgeSpec(network: Network): BridgeSpec {
  const { bridge, gateway, subnet, mtu, internal, secluded, unmasked } = network;
  return {
    name: bridge,
    address: `${gateway}/${subnet.split('/')[1]}`,
    ...(mtu === undefined ? {} : { mtu }),
    ...(internal === true ? { internal } : {}),
    ...(secluded === true ? { secluded } : {}),
    ...(unmasked === true ? { unmasked } : {}),
  };
}
