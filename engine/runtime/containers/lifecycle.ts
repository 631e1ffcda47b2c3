import type { ExitStatus, TaskInfo, TerminalSize } from '../../api/agent.ts';
import { toHex } from '../../base/hex.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';
import type {
  ContainerConfig,
  ProcessIo,
  RuntimeEvent,
  Sandbox,
  StartedContainer,
} from '../types.ts';
import { containerPaths } from './container-paths.ts';
import {
  findRecord,
  isRunning,
  runningRecord,
  toContainer,
  userOf,
  type RuntimeContext,
} from './context.ts';
import { processIo } from './process-io.ts';
import type { ContainerRecord } from './records.ts';
import { startFailure } from './start-failure.ts';
import { taskSpec } from './task-spec.ts';

/** Docker's grace between the stop signal and SIGKILL, in milliseconds. */
const DEFAULT_STOP_TIMEOUT = 10_000;
/** What a container ends with when its machine went away under it. */
const LOST_EXIT_CODE = 255;

/** Containers from create to remove. State changes of one container follow each other under its lock. */
export class Lifecycle {
  readonly #context: RuntimeContext;
  readonly #starting = new Set<string>();
  /** of containers that ended before their start was answered */
  readonly #earlyExits = new Map<string, ExitStatus>();

  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  async create(config: ContainerConfig): Promise<ContainerRecord> {
    const { book, clock, images, machine, random, trees, volumes } = this.#context;
    const id = config.id ?? toHex(random.bytes(32));
    if (book.records.containers[id] !== undefined)
      throw new RuntimeError('CONFLICT', `container ${id} exists already`);
    const layers = images.get(config.image).layers.map((layer) => layer.diffId);
    const onMachineNetwork =
      config.sandbox.kind === 'own' && config.sandbox.network.kind === 'host';
    const record: ContainerRecord = {
      id,
      config: { ...config, id },
      layers,
      hostname: config.hostname ?? (onMachineNetwork ? machine.hostname : id.slice(0, 12)),
      state: 'created',
      createdAt: clock.now(),
      pid: 0,
    };
    for (const mount of config.mounts) {
      if (mount.kind !== 'volume') continue;
      const volume = await volumes.create({ name: mount.volume });
      if (mount.noCopy !== true)
        await volumes.populate(
          volume,
          await images.tree(layers, { mountPoints: true }),
          mount.target,
        );
    }
    book.records.containers[id] = record;
    await book.save();
    this.#fire({ type: 'created', id, time: clock.now() });
    // The start will need it; whoever creates usually starts.
    trees.publish(layers).catch(() => {});
    return record;
  }

  start(
    id: string,
    options: { readonly size?: TerminalSize; readonly attach?: boolean },
  ): Promise<StartedContainer> {
    return this.#context.lock.run(id, async () => {
      const record = findRecord(this.#context, id);
      if (isRunning(record))
        throw new RuntimeError('NOT_MODIFIED', `container ${id} is already running`);
      const io = options.attach === true ? await this.attach(id, true) : undefined;
      this.#starting.add(id);
      try {
        await this.#startTask(record, options.size);
      } catch (error) {
        await io?.close();
        throw error;
      } finally {
        this.#starting.delete(id);
      }
      const container = toContainer(record);
      const early = this.#earlyExits.get(id);
      this.#earlyExits.delete(id);
      if (early !== undefined) this.exited(id, early);
      return { container, ...(io === undefined ? {} : { io }) };
    });
  }

  /** Also before a start: nothing is missed then. The container has ended for everybody when `exited` settles. */
  async attach(id: string, stdin: boolean): Promise<ProcessIo> {
    const { config } = findRecord(this.#context, id);
    const io = processIo(await this.#context.agent.attach(id, stdin && config.openStdin));
    const exited = io.exited.then((exit) => {
      this.exited(id, exit);
      return exit;
    });
    exited.catch(() => {});
    return { ...io, exited };
  }

  async stop(
    id: string,
    options: { readonly signal?: string; readonly timeoutMs?: number },
  ): Promise<void> {
    const record = findRecord(this.#context, id);
    if (!isRunning(record))
      throw new RuntimeError('NOT_MODIFIED', `container ${id} is already stopped`);
    const ended = this.wait(id, 'next-exit');
    await this.#signal(record, options.signal ?? record.config.stopSignal ?? 'SIGTERM');
    if (record.state === 'paused') await this.#context.agent.call('task.resume', { id });
    const timeout = options.timeoutMs ?? DEFAULT_STOP_TIMEOUT;
    const timer =
      timeout < 0
        ? undefined
        : this.#context.clock.setTimer(() => {
            this.#signal(record, 'SIGKILL').catch(() => {});
          }, timeout);
    await ended;
    timer?.dispose();
  }

  async kill(id: string, signal: string): Promise<void> {
    const record = runningRecord(this.#context, id);
    await this.#signal(record, signal);
    this.#fire({ type: 'killed', id, signal, time: this.#context.clock.now() });
  }

  async pause(id: string): Promise<void> {
    const record = runningRecord(this.#context, id);
    if (record.state === 'paused')
      throw new RuntimeError('CONFLICT', `Container ${id} is already paused`);
    await this.#context.agent.call('task.pause', { id });
    await this.#change(record, 'paused');
    this.#fire({ type: 'paused', id, time: this.#context.clock.now() });
  }

  async resume(id: string): Promise<void> {
    const record = runningRecord(this.#context, id);
    if (record.state !== 'paused')
      throw new RuntimeError('CONFLICT', `Container ${id} is not paused`);
    await this.#context.agent.call('task.resume', { id });
    await this.#change(record, 'running');
    this.#fire({ type: 'resumed', id, time: this.#context.clock.now() });
  }

  async wait(id: string, condition: 'not-running' | 'next-exit' | 'removed'): Promise<ExitStatus> {
    const record = findRecord(this.#context, id);
    const { clock, events } = this.#context;
    const known = (): ExitStatus => record.exit ?? { code: 0, finishedAt: clock.now() };
    if (condition === 'not-running' && !isRunning(record)) return known();
    return new Promise((resolve) => {
      const subscription = events.event((event) => {
        const isIt =
          event.id === id && event.type === (condition === 'removed' ? 'removed' : 'exited');
        const isGone = event.id === id && event.type === 'removed';
        if (!isIt && !isGone) return;
        subscription.dispose();
        resolve(known());
      });
    });
  }

  async remove(
    id: string,
    options: { readonly force?: boolean; readonly volumes?: boolean },
  ): Promise<void> {
    const record = findRecord(this.#context, id);
    if (isRunning(record)) {
      if (options.force !== true) {
        const what = record.state === 'paused' ? 'a paused container' : 'a running container';
        throw new RuntimeError(
          'CONFLICT',
          `You cannot remove ${what} ${id}. Stop the container before attempting removal or force remove`,
        );
      }
      const ended = this.wait(id, 'next-exit');
      await this.#signal(record, 'SIGKILL');
      if (record.state === 'paused') await this.#context.agent.call('task.resume', { id });
      await ended;
    }
    await this.#context.lock.run(id, () => this.#removeStopped(id, options.volumes === true));
  }

  /** A task has ended: told by the machine's events, or first by somebody attached to it. */
  exited(id: string, exit: ExitStatus): void {
    if (this.#starting.has(id)) this.#earlyExits.set(id, exit);
    const record = this.#context.book.records.containers[id];
    if (record === undefined || !isRunning(record)) return;
    record.state = 'exited';
    record.exit = exit;
    record.pid = 0;
    const { sandbox } = record;
    delete record.sandbox;
    const own = record.config.sandbox.kind === 'own' ? sandbox : undefined;
    const cleared = this.#context.lock.run(id, () => this.#clear(record, own));
    cleared.catch(() => {});
    if (own !== undefined) this.#context.sandboxes.retire(own, cleared);
    this.#fire({ type: 'exited', id, exit, time: exit.finishedAt });
  }

  /** Takes down what a run leaves behind; the next start or the removal waits for it. */
  async #clear(record: ContainerRecord, sandbox: Sandbox | undefined): Promise<void> {
    const { agent, book, sandboxes } = this.#context;
    await Promise.all([book.save(), ignoreAbsent(agent.call('task.delete', { id: record.id }))]);
    if (sandbox !== undefined) await sandboxes.dismantle(sandbox);
  }

  /** Brings the records in line with what the machine runs, and ends what nobody knows. */
  async reconcile(tasks: readonly TaskInfo[]): Promise<void> {
    const { agent, book, clock } = this.#context;
    for (const record of Object.values(book.records.containers).filter(isRunning)) {
      const task = tasks.find((each) => each.id === record.id);
      if (task === undefined) {
        this.exited(record.id, { code: LOST_EXIT_CODE, finishedAt: clock.now() });
      } else if (task.exit !== undefined) {
        this.exited(record.id, task.exit);
      } else {
        await this.#goOn(record, task);
      }
    }
    for (const { id } of tasks) {
      const record = book.records.containers[id];
      const isKnown = this.#starting.has(id) || (record !== undefined && isRunning(record));
      if (!isKnown) await ignoreAbsent(agent.call('task.delete', { id }));
    }
    await book.save();
  }

  /** A container whose layers are gone from the host cannot go on: its files are nowhere. */
  async #goOn(record: ContainerRecord, task: TaskInfo): Promise<void> {
    const { clock, trees } = this.#context;
    record.state = task.state === 'paused' ? 'paused' : 'running';
    record.pid = task.pid;
    try {
      await trees.publish(record.layers);
    } catch (error) {
      record.error = `its image is no longer in the store: ${error instanceof Error ? error.message : String(error)}`;
      this.exited(record.id, { code: LOST_EXIT_CODE, finishedAt: clock.now() });
    }
  }

  async #startTask(record: ContainerRecord, size: TerminalSize | undefined): Promise<void> {
    const { agent, book, clock, machine, sandboxes, trees, volumes } = this.#context;
    const [tree, sandbox] = await Promise.all([
      trees.publish(record.layers),
      this.#sandboxFor(record),
    ]);
    try {
      await this.#makeBindSources(record);
      const user = await userOf(this.#context, record, tree, record.config.user ?? '');
      const spec = taskSpec({
        record,
        sandbox,
        tree: tree.name,
        user,
        volumes: (name) => volumes.find(name),
        machineResolvConf: machine.resolvConf,
        size,
      });
      const { pid, startedAt } = await agent.call('task.start', spec);
      record.state = 'running';
      record.pid = pid;
      record.startedAt = startedAt;
      record.sandbox = sandbox;
      delete record.exit;
      delete record.error;
    } catch (error) {
      if (record.config.sandbox.kind === 'own') await sandboxes.remove(sandbox);
      const failure = startFailure(error);
      record.error = failure instanceof Error ? failure.message : String(failure);
      await book.save();
      throw failure;
    }
    await book.save();
    this.#fire({
      type: 'started',
      id: record.id,
      pid: record.pid,
      time: record.startedAt ?? clock.now(),
    });
  }

  async #sandboxFor(record: ContainerRecord): Promise<Sandbox> {
    const { book, sandboxes } = this.#context;
    const { sandbox } = record.config;
    if (sandbox.kind === 'own')
      return sandboxes.create({ id: record.id, network: sandbox.network, ports: sandbox.ports });
    const shared =
      book.records.sandboxes[sandbox.id] ?? book.records.containers[sandbox.id]?.sandbox;
    if (shared === undefined)
      throw new RuntimeError(
        'CONFLICT',
        `cannot join network of a non running container: ${sandbox.id}`,
      );
    return shared;
  }

  async #makeBindSources(record: ContainerRecord): Promise<void> {
    for (const mount of record.config.mounts) {
      if (mount.kind !== 'bind') continue;
      try {
        await this.#context.agent.call('file.stat', { path: mount.source });
      } catch (error) {
        if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
        if (!mount.create)
          throw new RuntimeError(
            'INVALID',
            `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
          );
        await this.#context.agent.call('file.mkdir', { path: mount.source });
      }
    }
  }

  async #removeStopped(id: string, withVolumes: boolean): Promise<void> {
    const { agent, book, clock, volumes } = this.#context;
    const record = findRecord(this.#context, id);
    if (isRunning(record))
      throw new RuntimeError(
        'CONFLICT',
        `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
      );
    await ignoreAbsent(
      agent.call('file.remove', { path: containerPaths(record.config).directory, recursive: true }),
    );
    delete book.records.containers[id];
    if (withVolumes) {
      for (const mount of record.config.mounts) {
        const isOwn = mount.kind === 'volume' && volumes.find(mount.volume)?.anonymous === true;
        if (isOwn && volumes.usersOf(mount.volume).length === 0) await volumes.remove(mount.volume);
      }
    }
    await book.save();
    this.#fire({ type: 'removed', id, time: clock.now() });
  }

  async #signal(record: ContainerRecord, signal: string): Promise<void> {
    try {
      await this.#context.agent.call('task.signal', { id: record.id, signal });
    } catch (error) {
      // It has just ended: its exit is on the way.
      if (!(error instanceof AgentError && (error.code === 'ESRCH' || error.code === 'ENOENT')))
        throw error;
    }
  }

  #change(record: ContainerRecord, state: ContainerRecord['state']): Promise<void> {
    record.state = state;
    return this.#context.book.save();
  }

  #fire(event: RuntimeEvent): void {
    this.#context.events.fire(event);
  }
}

async function ignoreAbsent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
  }
}
