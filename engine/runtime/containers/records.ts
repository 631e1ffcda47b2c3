import type { ExitStatus } from '../../api/agent.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { getJson, putJson, type Storage } from '../../storage/storage.ts';
import type {
  Container,
  ContainerState,
  Digest,
  Network,
  Sandbox,
  StartAdditions,
  Volume,
} from '../types.ts';

/** A container as it is stored. */
export interface ContainerRecord {
  readonly id: string;
  config: Container['config'];
  /** layers of its image, which may go before the container does */
  readonly layers: readonly Digest[];
  readonly hostname: string;
  state: ContainerState;
  readonly createdAt: number;
  pid: number;
  startedAt?: number;
  exit?: ExitStatus;
  error?: string;
  failedAt?: number;
  sandbox?: Sandbox;
  /** what its last start was given beyond the configuration */
  added?: StartAdditions;
}

export interface Records {
  /** machine-id of the start these records were made in */
  machineId: string;
  containers: Record<string, ContainerRecord>;
  /** sandboxes made by `createSandbox` */
  sandboxes: Record<string, Sandbox>;
  volumes: Record<string, Volume>;
  networks: readonly Network[];
}

/** Where the records travel with the machine. */
const MACHINE_FILE = '/var/lib/drydock/runtime.json';
/** How long after a change the machine's copy follows, in milliseconds: one write for a burst, none in the way of a start. */
const MACHINE_COPY_DELAY = 1500;

/**
 * What the runtime remembers, twice. The host's copy is written at every change and serves an
 * engine that is restarted beside a running machine. The machine's copy follows a moment later and
 * is part of a saved state. A machine gets a new machine-id at each start: that tells which one counts.
 */
export class RecordBook {
  readonly #storage: Storage;
  readonly #name: string;
  readonly #agent: AgentClient;
  readonly #clock: Clock;
  #writing: Promise<void> = Promise.resolve();
  #isQueued = false;
  #copyTimer: Disposable | undefined;
  records: Records = { machineId: '', containers: {}, sandboxes: {}, volumes: {}, networks: [] };

  /** @param machine name of the machine, a file name */
  constructor(storage: Storage, machine: string, agent: AgentClient, clock: Clock) {
    this.#storage = storage;
    this.#name = `records/runtime/${machine}.json`;
    this.#agent = agent;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    const machineId = (await this.#agent.readTextFile('/etc/machine-id')).trim();
    const hostCopy = (await getJson(this.#storage, this.#name)) as Records | undefined;
    const records = hostCopy?.machineId === machineId ? hostCopy : await this.#machineCopy();
    if (records !== undefined) this.records = records;
    this.records.machineId = machineId;
  }

  /** Durable on the host when it resolves. Changes made while a write is under way share the next one. */
  save(): Promise<void> {
    this.#copyTimer ??= this.#clock.setTimer(() => {
      this.flush().catch(() => {});
    }, MACHINE_COPY_DELAY);
    if (this.#isQueued) return this.#writing;
    this.#isQueued = true;
    const write = (): Promise<void> => {
      this.#isQueued = false;
      return putJson(this.#storage, this.#name, this.records);
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  /** Writes the machine's copy now. */
  async flush(): Promise<void> {
    this.#copyTimer?.dispose();
    this.#copyTimer = undefined;
    await this.#agent.writeFile(MACHINE_FILE, JSON.stringify(this.records), {
      makeParents: true,
      mode: 0o600,
    });
  }

  close(): void {
    this.#copyTimer?.dispose();
    this.#copyTimer = undefined;
  }

  async #machineCopy(): Promise<Records | undefined> {
    try {
      return JSON.parse(await this.#agent.readTextFile(MACHINE_FILE)) as Records;
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
