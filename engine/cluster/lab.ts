import type { HubContents } from '../api/hub.ts';
import type { AddMachine, Lab, Stop } from '../api/lab.ts';
import type { ProfileName, SavedMachine } from '../api/machine.ts';
import type { MachineClient } from '../machine/worker/machine-client.ts';
import type { Disposable } from '../base/disposable.ts';
import { EthernetSwitch } from '../machine/ethernet-switch.ts';
import { LabError } from './lab-error.ts';
import { HubKeeper } from './hub-keeper.ts';
import type { LabHost } from './lab-host.ts';
import { WorkerLabMachine, type StartedMachine } from './lab-machine.ts';
import { Observable } from './observable.ts';

/** Machines get 10.0.0.51, 10.0.0.52, … on the lab's Ethernet; the numbers below are left to clusters. */
const FIRST_ADDRESS = 51;

/** The worker of a machine that has given way. */
interface Vacated {
  readonly client: MachineClient;
  readonly profile: ProfileName;
}

/** Machines in workers, joined by one Ethernet switch, with one registry. */
export class WorkerLab implements Lab {
  readonly #host: LabHost;
  readonly #switch: EthernetSwitch;
  readonly #machines = new Observable<readonly WorkerLabMachine[]>([]);
  readonly #addresses = new Map<string, number>();
  readonly #plugs = new Map<string, Disposable>();
  /** workers of machines that gave way to one of the same name, which is to come */
  readonly #vacated = new Map<string, Vacated>();
  /** the one registry */
  readonly hub: HubKeeper;
  /** names of machines whose cable is pulled */
  readonly #unplugged = new Set<string>();
  /** milliseconds that frames take longer on the cables of machines */
  readonly #delays = new Map<string, number>();

  constructor(host: LabHost) {
    this.#host = host;
    this.#switch = new EthernetSwitch(host.clock);
    this.#switch.rule = (from, to) => ({
      drop: !this.isPlugged(from) || !this.isPlugged(to),
      delay: this.delayOf(from) + this.delayOf(to),
    });
    this.hub = new HubKeeper(() => host.spawnHub(), host.artifacts);
  }

  /** Pulls the cable of a machine, or puts it back. It stays so when the machine is reset. */
  setCable(name: string, plugged: boolean): void {
    if (plugged) this.#unplugged.delete(name);
    else this.#unplugged.add(name);
  }

  isPlugged(name: string): boolean {
    return !this.#unplugged.has(name);
  }

  /** Makes a machine's cable slow, in either direction. @param delay milliseconds; 0 as it was. It stays so when the machine is reset. */
  setDelay(name: string, delay: number): void {
    if (delay === 0) this.#delays.delete(name);
    else this.#delays.set(name, delay);
  }

  /** Milliseconds that a frame takes longer on a machine's cable. */
  delayOf(name: string): number {
    return this.#delays.get(name) ?? 0;
  }

  /** A machine that is to come has this address, 10.0.0.`number`, below 51. */
  reserveAddress(name: string, number: number): string {
    this.#addresses.set(name, number);
    return `10.0.0.${number}`;
  }

  hubContents(): Promise<HubContents> {
    return this.hub.contents();
  }

  machines(): readonly WorkerLabMachine[] {
    return this.#machines.value;
  }

  onMachines(listener: (machines: readonly WorkerLabMachine[]) => void): Stop {
    return this.#machines.observe(listener);
  }

  async addMachine(options: AddMachine): Promise<WorkerLabMachine> {
    const { name } = options;
    if (this.#machines.value.some((machine) => machine.name === name)) {
      throw new LabError('NAME_IN_USE', `There is a machine ${name} already.`);
    }
    const machine = new WorkerLabMachine(this.#host, this.hub, options);
    this.#machines.set([...this.#machines.value, machine]);
    const vacated = this.#vacated.get(name);
    this.#vacated.delete(name);
    if (vacated === undefined || canFollow(vacated, options))
      return this.#start(machine, vacated?.client);
    await vacated.client.destroy();
    return this.#start(machine);
  }

  async resetMachine(
    name: string,
    start: 'restore' | 'cold' | SavedMachine,
    profile?: ProfileName,
  ): Promise<WorkerLabMachine> {
    const old = this.#machines.value.find((machine) => machine.name === name);
    if (old === undefined) throw new LabError('NOT_RUNNING', `There is no machine ${name}.`);
    // One that does not run is no loss.
    const { kind } = old.state();
    if (typeof start !== 'string' && (kind === 'running' || kind === 'paused'))
      await old.check(start);
    return this.#replace(old, {
      ...old.options,
      isReset: true,
      start,
      profile: profile ?? (typeof start === 'string' ? old.profile : start.profile),
    });
  }

  /**
   * Ends a machine, if there is one of this name; the name is free then, also when something of it fails to end, with which this rejects.
   * @param forSuccessor its worker stays for the next machine of this name, of the same profile, unless `endVacated` comes before
   */
  async removeMachine(name: string, forSuccessor = false): Promise<void> {
    const old = this.#machines.value.find((machine) => machine.name === name);
    try {
      if (forSuccessor) await this.#vacate(name, old);
      else await old?.destroy();
    } finally {
      this.#machines.set(this.#machines.value.filter((machine) => machine.name !== name));
      this.setCable(name, true);
      this.setDelay(name, 0);
    }
  }

  /** Ends the workers that were left to machines which did not come. */
  async endVacated(): Promise<void> {
    const vacated = [...this.#vacated.values()];
    this.#vacated.clear();
    await Promise.all(vacated.map(({ client }) => client.destroy()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#machines.value.map((machine) => machine.destroy()));
    await this.endVacated();
    this.#machines.set([]);
    await this.hub.close();
    this.#switch.dispose();
  }

  /** Of eth0, with prefix length. */
  #addressOf(name: string): string {
    const number = this.#addresses.get(name) ?? FIRST_ADDRESS + this.#addresses.size;
    this.#addresses.set(name, number);
    return `10.0.0.${number}/24`;
  }

  async #vacate(name: string, old: WorkerLabMachine | undefined): Promise<void> {
    const client = await old?.giveWay();
    const before = this.#vacated.get(name);
    this.#vacated.delete(name);
    if (old !== undefined && client !== undefined)
      this.#vacated.set(name, { client, profile: old.profile });
    await before?.client.destroy();
  }

  async #replace(old: WorkerLabMachine, options: StartedMachine): Promise<WorkerLabMachine> {
    const machine = new WorkerLabMachine(this.#host, this.hub, options);
    let former: MachineClient | undefined;
    if (canFollow(old, options)) former = await old.giveWay();
    else await old.destroy();
    if (!this.#machines.value.includes(old)) {
      await former?.destroy();
      throw new LabError('NOT_RUNNING', `Another machine ${old.name} has taken the place already.`);
    }
    this.#machines.set(this.#machines.value.map((one) => (one === old ? machine : one)));
    return this.#start(machine, former);
  }

  async #start(machine: WorkerLabMachine, former?: MachineClient): Promise<WorkerLabMachine> {
    const { name, options } = machine;
    const join = async (client: MachineClient): Promise<void> => {
      await client.service.watchRestart((after) => {
        if (!this.#machines.value.includes(machine)) return;
        // How it goes is the new machine's state.
        this.#replace(machine, { ...options, start: { after } }).catch(() => {});
      });
      await this.#join(name, client);
    };
    await machine.start(this.#addressOf(name), join, former);
    return machine;
  }

  async #join(name: string, client: MachineClient): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    // Of the machine whose place it takes.
    this.#plugs.get(name)?.dispose();
    const plug = this.#switch.plug(name, port1);
    this.#plugs.set(name, plug);
    client.onDeath(() => {
      plug.dispose();
      if (this.#plugs.get(name) === plug) this.#plugs.delete(name);
    });
    await client.service.connectNetwork(port2);
  }
}

/** Whether a machine can start in the worker of one that runs: from a state of the same profile. */
function canFollow(
  old: Pick<WorkerLabMachine, 'profile'>,
  { profile, start }: Pick<StartedMachine, 'profile' | 'start'>,
): boolean {
  const boots = start === 'cold' || (typeof start === 'object' && 'after' in start);
  return !boots && profile === old.profile;
}
