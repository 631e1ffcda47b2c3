import { messageOf } from '../../base/message-of.ts';
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
  StartOptions,
} from '../types.ts';
import { checkBindSources, prepareBindSources } from './bind-sources.ts';
import { containerPaths } from './container-paths.ts';
import {
  findRecord,
  isRunning,
  runningRecord,
  toContainer,
  userOf,
  type RuntimeContext,
} from './context.ts';
import { containerDevices } from '../oci/devices.ts';
import { joinNamespaces, leaveNamespaces } from './joined-namespaces.ts';
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
  /** ends that were told while a start was under way: the run's own, perhaps, or late news of the one before */
  readonly #earlyExits = new Map<string, ExitStatus[]>();

  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  async create(config: ContainerConfig): Promise<ContainerRecord> {
    const { agent, book, clock, images, machine, random, trees, volumes } = this.#context;
    const id = config.id ?? toHex(random.bytes(32));
    if (book.records.containers[id] !== undefined)
      throw new RuntimeError('CONFLICT', `container ${id} exists already`);
    const layers = images.get(config.image).layers.map((layer) => layer.diffId);
    await checkBindSources(agent, config.mounts);
    const onMachine = config.sandbox.kind === 'own' && config.sandbox.network.kind === 'host';
    const record: ContainerRecord = {
      id,
      config: { ...config, id },
      layers,
      hostname: config.hostname ?? (onMachine ? machine.hostname : id.slice(0, 12)),
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

  start(id: string, { attach, size, env, hosts }: StartOptions): Promise<StartedContainer> {
    return this.#context.lock.run(id, async () => {
      const record = findRecord(this.#context, id);
      if (isRunning(record))
        throw new RuntimeError('NOT_MODIFIED', `container ${id} is already running`);
      const io = attach === true ? await this.attach(id, true) : undefined;
      this.#starting.add(id);
      try {
        record.added = { ...(env && { env }), ...(hosts && { hosts }) };
        await this.#startTask(record, size);
      } catch (error) {
        await io?.close();
        throw error;
      } finally {
        this.#starting.delete(id);
      }
      const container = toContainer(record);
      const early = this.#earlyExits.get(id) ?? [];
      this.#earlyExits.delete(id);
      for (const exit of early) this.exited(id, exit);
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
    await this.#kill(record, options.signal ?? record.config.stopSignal ?? 'SIGTERM');
    // A frozen process hears of no signal.
    if (record.state === 'paused') await this.#thaw(record);
    const timeout = options.timeoutMs ?? DEFAULT_STOP_TIMEOUT;
    const timer =
      timeout < 0
        ? undefined
        : this.#context.clock.setTimer(() => {
            this.#kill(record, 'SIGKILL').catch(() => {});
          }, timeout);
    await ended;
    timer?.dispose();
  }

  async kill(id: string, signal: string): Promise<void> {
    await this.#kill(runningRecord(this.#context, id), signal);
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
    await this.#thaw(record);
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
      await this.stop(id, { signal: 'SIGKILL', timeoutMs: -1 });
    }
    await this.#context.lock.run(id, () => this.#removeStopped(id, options.volumes === true));
  }

  /** A task has ended: told by the machine's events, or first by somebody attached to it. */
  exited(id: string, exit: ExitStatus): void {
    if (this.#starting.has(id))
      this.#earlyExits.set(id, [...(this.#earlyExits.get(id) ?? []), exit]);
    const record = this.#context.book.records.containers[id];
    if (record === undefined || !isRunning(record)) return;
    // News of an earlier run, which was told of already.
    if (exit.startedAt !== undefined && exit.startedAt !== record.startedAt) return;
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
    const { agent, book, sandboxes, volumes } = this.#context;
    await Promise.all([book.save(), ignoreAbsent(agent.call('task.delete', { id: record.id }))]);
    await volumes.unmountAfter(record);
    if (sandbox !== undefined) await sandboxes.dismantle(sandbox);
    await leaveNamespaces(this.#context, record);
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
        this.#goOn(record, task);
      }
    }
    for (const { id } of tasks) {
      const record = book.records.containers[id];
      const isKnown = this.#starting.has(id) || (record !== undefined && isRunning(record));
      if (!isKnown) await ignoreAbsent(agent.call('task.delete', { id }));
    }
    await book.save();
  }

  /**
   * What it reads of its image waits in the machine until the image is published, and nobody else has to. A container
   * whose layers are gone from the host cannot go on: its files are nowhere.
   */
  #goOn(record: ContainerRecord, task: TaskInfo): void {
    const { clock, trees } = this.#context;
    const { id, layers, startedAt } = record;
    record.state = task.state === 'paused' ? 'paused' : 'running';
    record.pid = task.pid;
    trees.publish(layers).catch((error: unknown) => {
      if (!isRunning(record) || record.startedAt !== startedAt) return;
      record.error = `its image is no longer in the store: ${messageOf(error)}`;
      this.exited(id, { code: LOST_EXIT_CODE, finishedAt: clock.now() });
    });
  }

  async #startTask(record: ContainerRecord, size: TerminalSize | undefined): Promise<void> {
    const { agent, book, clock, machine, sandboxes, trees, volumes } = this.#context;
    const [tree, sandbox, machineHosts] = await Promise.all([
      trees.publish(record.layers),
      this.#sandboxFor(record),
      this.#isOnMachine(record) ? agent.readTextFile('/etc/hosts') : undefined,
    ]);
    try {
      await prepareBindSources(agent, record.config.mounts);
      await volumes.mountFor(record);
      const [user, devices, joined] = await Promise.all([
        userOf(this.#context, record, tree, record.config.user ?? ''),
        containerDevices(agent, record.config),
        joinNamespaces(this.#context, record, sandbox),
      ]);
      const spec = taskSpec({
        record,
        sandbox,
        tree: tree.name,
        user,
        volumes: (name) => volumes.find(name),
        machineResolvConf: machine.resolvConf,
        machineHosts,
        owner: this.#ownerOf(record),
        devices,
        joined,
        size,
      });
      const { pid, startedAt } = await agent.call('task.start', spec);
      record.state = 'running';
      record.pid = pid;
      record.startedAt = startedAt;
      record.sandbox = sandbox;
      record.config = withNetworkIds(record.config, sandbox);
      delete record.exit;
      delete record.error;
      delete record.failedAt;
    } catch (error) {
      if (record.config.sandbox.kind === 'own') await sandboxes.remove(sandbox);
      await leaveNamespaces(this.#context, record);
      await volumes.unmountAfter(record);
      const failure = startFailure(error);
      record.error = messageOf(failure);
      record.failedAt = clock.now();
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
    const { sandbox, dns } = record.config;
    if (sandbox.kind === 'own')
      return sandboxes.create({
        id: record.id,
        network: sandbox.network,
        ports: sandbox.ports,
        ...(dns === undefined ? {} : { dns }),
      });
    const owner = book.records.containers[sandbox.id];
    const shared = book.records.sandboxes[sandbox.id] ?? owner?.sandbox;
    if (shared === undefined && owner === undefined)
      throw new RuntimeError('NOT_FOUND', `No such container: ${sandbox.id}`);
    if (shared === undefined || shared.stopped === true)
      throw new RuntimeError(
        'CONFLICT',
        `cannot join network of a non running container: ${sandbox.id}`,
      );
    return shared;
  }

  /** The container whose sandbox this one shares. */
  #ownerOf({ config: { sandbox } }: ContainerRecord): ContainerRecord | undefined {
    return sandbox.kind === 'shared'
      ? this.#context.book.records.containers[sandbox.id]
      : undefined;
  }

  #isOnMachine({ config: { sandbox } }: ContainerRecord): boolean {
    return sandbox.kind === 'own' && sandbox.network.kind === 'host';
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
        const isOwn = mount.kind === 'volume' && mount.anonymous === true;
        if (isOwn && volumes.usersOf(mount.volume).length === 0) await volumes.remove(mount.volume);
      }
    }
    await book.save();
    this.#fire({ type: 'removed', id, time: clock.now() });
  }

  async #kill({ id }: ContainerRecord, signal: string): Promise<void> {
    const { agent, clock } = this.#context;
    try {
      await agent.call('task.signal', { id, signal });
      this.#fire({ type: 'killed', id, signal, time: clock.now() });
    } catch (error) {
      if (!hasJustEnded(error)) throw error;
    }
  }

  /** Lets a paused container go on, unless it has ended meanwhile. */
  async #thaw(record: ContainerRecord): Promise<void> {
    const { id } = record;
    const { agent, clock } = this.#context;
    try {
      await agent.call('task.resume', { id });
    } catch (error) {
      if (!hasJustEnded(error)) throw error;
      return;
    }
    if (record.state !== 'paused') return;
    await this.#change(record, 'running');
    this.#fire({ type: 'resumed', id, time: clock.now() });
  }

  #change(record: ContainerRecord, state: ContainerRecord['state']): Promise<void> {
    record.state = state;
    return this.#context.book.save();
  }

  #fire(event: RuntimeEvent): void {
    this.#context.events.fire(event);
  }
}

/** Its exit is on the way. */
function hasJustEnded(error: unknown): boolean {
  return error instanceof AgentError && (error.code === 'ESRCH' || error.code === 'ENOENT');
}

/** From its first start on a container means the networks it found then, not others of their names. */
function withNetworkIds(
  config: ContainerRecord['config'],
  { endpoints }: Sandbox,
): ContainerRecord['config'] {
  const { sandbox } = config;
  if (sandbox.kind !== 'own' || sandbox.network.kind !== 'bridge') return config;
  const wanted = sandbox.network.endpoints.map((endpoint, index) => ({
    ...endpoint,
    network: endpoints[index]?.networkId ?? endpoint.network,
  }));
  return { ...config, sandbox: { ...sandbox, network: { kind: 'bridge', endpoints: wanted } } };
}

async function ignoreAbsent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
  }
}
