import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import { getJson, putJson, type Storage } from '../../storage/storage.ts';
import {
  CloudError,
  emptyState,
  REGION,
  ZONES,
  type CloudState,
  type LoadBalancer,
  type LoadBalancerWish,
  type Machine,
  type MachineWish,
  type Quotas,
  type Route,
  type Settings,
} from './cloud-state.ts';

export interface SimulatedCloudOptions {
  /** keeps what the cloud has */
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
}

/** A machine is switched on or off, or is no more. */
export interface PowerChange {
  readonly name: string;
  readonly power: 'on' | 'off' | 'gone';
}

const NAME = 'cloud.json';
/** Public addresses: 203.0.113.0/24 is for documentation (RFC 5737), so nobody takes them for real ones. */
const POOL = '203.0.113.';
const POOL_SIZE = 254;

/**
 * A cloud that only pretends: it keeps books of machines, routes and load balancers as a cloud does,
 * and nothing more. What it acknowledged it has kept.
 */
export class SimulatedCloud {
  readonly #options: SimulatedCloudOptions;
  readonly #power = new Emitter<PowerChange>();
  #state: CloudState;
  /** the write that is under way, and the one that comes after it: many changes share one */
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(options: SimulatedCloudOptions, state: CloudState) {
    this.#options = options;
    this.#state = state;
  }

  /** The cloud as it was left in `storage`, or an empty one. */
  static async open(options: SimulatedCloudOptions): Promise<SimulatedCloud> {
    const kept = (await getJson(options.storage, NAME)) as CloudState | undefined;
    return new SimulatedCloud(options, kept ?? emptyState);
  }

  get state(): CloudState {
    return this.#state;
  }

  readonly onPower = this.#power.event;

  /** Makes machines, or returns those that are there under these names. */
  async ensureMachines(wishes: readonly MachineWish[]): Promise<readonly Machine[]> {
    const known = new Map(this.#state.machines.map((machine) => [machine.name, machine]));
    const machines = [...this.#state.machines];
    const result = wishes.map((wish) => {
      const { name, type, addresses } = wish;
      const there = known.get(name);
      if (there !== undefined) return there;
      this.#requireRoom('machines', machines.length);
      const zone = wish.zone ?? ZONES[machines.length % ZONES.length] ?? ZONES[0];
      if (!ZONES.some((each) => each === zone))
        throw new CloudError('Invalid', `There is no zone ${zone} in ${REGION}.`);
      const machine: Machine = {
        id: `i-${this.#identifier()}`,
        name,
        type,
        region: REGION,
        zone,
        addresses,
        power: 'on',
        createdAt: this.#now(),
      };
      known.set(name, machine);
      machines.push(machine);
      return machine;
    });
    await this.#commit({ machines });
    return result;
  }

  async setPower(id: string, power: 'on' | 'off'): Promise<Machine> {
    const machine = { ...this.#find(this.#state.machines, id), power };
    await this.#commit({
      machines: this.#state.machines.map((each) => (each.id === id ? machine : each)),
    });
    this.#power.fire({ name: machine.name, power });
    return machine;
  }

  /** Its routes go with it, and load balancers lose it. */
  async deleteMachine(id: string): Promise<void> {
    const { name } = this.#find(this.#state.machines, id);
    const { machines, routes, loadBalancers } = this.#state;
    await this.#commit({
      machines: machines.filter((each) => each.id !== id),
      routes: routes.filter(({ machine }) => machine !== name),
      loadBalancers: loadBalancers.map((each) => ({
        ...each,
        machines: each.machines.filter((machine) => machine !== name),
      })),
    });
    this.#power.fire({ name, power: 'gone' });
  }

  async createRoute({ machine, destinationCidr }: Omit<Route, 'id'>): Promise<Route> {
    const { routes, machines } = this.#state;
    if (!machines.some(({ name }) => name === machine))
      throw new CloudError('NotFound', `There is no machine ${machine}.`);
    if (routes.some((route) => route.destinationCidr === destinationCidr))
      throw new CloudError('Conflict', `There is a route for ${destinationCidr} already.`);
    this.#requireRoom('routes', routes.length);
    const route = { id: `r-${this.#identifier()}`, machine, destinationCidr };
    await this.#commit({ routes: [...routes, route] });
    return route;
  }

  async deleteRoute(id: string): Promise<void> {
    this.#find(this.#state.routes, id);
    await this.#commit({ routes: this.#state.routes.filter((route) => route.id !== id) });
  }

  /** Makes a load balancer with an address of its own, or changes it and leaves it its address. Machines it does not know are left out. */
  async putLoadBalancer(name: string, wish: LoadBalancerWish): Promise<LoadBalancer> {
    const { loadBalancers, machines } = this.#state;
    const known = loadBalancers.find((each) => each.name === name);
    if (known === undefined) this.#requireRoom('loadBalancers', loadBalancers.length);
    const loadBalancer: LoadBalancer = {
      ...wish,
      machines: wish.machines.filter((each) => machines.some((machine) => machine.name === each)),
      name,
      region: REGION,
      address: this.#addressFor(known, wish.address),
      createdAt: known?.createdAt ?? this.#now(),
    };
    const others = loadBalancers.filter((each) => each.name !== name);
    await this.#commit({ loadBalancers: [...others, loadBalancer] });
    return loadBalancer;
  }

  async deleteLoadBalancer(name: string): Promise<void> {
    const left = this.#state.loadBalancers.filter((each) => each.name !== name);
    if (left.length === this.#state.loadBalancers.length)
      throw new CloudError('NotFound', `There is no load balancer ${name}.`);
    await this.#commit({ loadBalancers: left });
  }

  async setSettings(settings: Settings): Promise<void> {
    await this.#commit({ settings });
  }

  #addressFor(known: LoadBalancer | undefined, wanted: string | undefined): string {
    if (known !== undefined && (wanted === undefined || wanted === known.address))
      return known.address;
    const used = new Set(this.#state.loadBalancers.map(({ address }) => address));
    const pool = Array.from({ length: POOL_SIZE }, (_, index) => `${POOL}${index + 1}`);
    if (wanted !== undefined && !pool.includes(wanted))
      throw new CloudError('Invalid', `${wanted} is not an address of this cloud: ${POOL}0/24 is.`);
    const free = pool.find((each) => !used.has(each) && (wanted ?? each) === each);
    if (free === undefined)
      throw new CloudError(
        wanted === undefined ? 'QuotaExceeded' : 'Conflict',
        wanted === undefined ? 'There is no free address left.' : `${wanted} is in use.`,
      );
    return free;
  }

  #requireRoom(kind: keyof Quotas, count: number): void {
    const quota = this.#state.settings.quotas[kind];
    if (count >= quota)
      throw new CloudError('QuotaExceeded', `The quota of ${quota} ${kind} is used up.`);
  }

  #find<Item extends { readonly id: string }>(items: readonly Item[], id: string): Item {
    const found = items.find((item) => item.id === id);
    if (found === undefined) throw new CloudError('NotFound', `There is no ${id}.`);
    return found;
  }

  #identifier(): string {
    return toHex(this.#options.random.bytes(9)).slice(1);
  }

  #now(): string {
    return `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
  }

  /** Takes effect at once; resolves when it is kept. */
  #commit(change: Partial<CloudState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      const written = putJson(this.#options.storage, NAME, this.#state);
      this.#writing = written.catch(() => {});
      return written;
    });
    return this.#next;
  }
}
