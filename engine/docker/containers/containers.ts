import type { Disposable } from '../../base/disposable.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { ExitStatus, TerminalSize } from '../../api/agent.ts';
import type { Container, RuntimeEvent } from '../../runtime/types.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { ApiError, badRequest, conflict, notModified } from '../api/api-error.ts';
import { AttachSession, joinSessions, type SessionOptions } from './attach-session.ts';
import { ContainerChanges } from './container-changes.ts';
import { tellConnected, tellDisconnected } from './container-events.ts';
import { randomId, type ContainerRecord } from './container-record.ts';
import { containerEvent, type ContainerContext } from './context.ts';
import type { GivenHostConfig } from './create-body.ts';
import { nameConflict } from './create-container.ts';
import type { Execs } from './execs.ts';
import { HealthMonitor, probeCommand, type Health } from './health.ts';
import { checkName } from './names.ts';
import { restartDelay, restartsWithEngine } from './restart-policy.ts';
import { checkDeviceRequests } from './host-config-checks.ts';
import { linkAdditions, moveLinked } from '../networks/links.ts';
import { checkLogValues } from './log-config.ts';
import { startedEndpoints } from '../networks/container-endpoints.ts';
import { checkTmpfsOptions } from './mount-specs.ts';
import { parseSignal } from './signals.ts';
import { checkIpcMode, resourcesOf } from './runtime-config.ts';
import { containerStartError } from './start-error.ts';
import { updatedHostConfig } from './update-container.ts';

export interface StopOptions {
  /** seconds; the container's own or 10 when absent, no limit when negative */
  readonly timeout?: number;
  /** the container's own or SIGTERM when absent */
  readonly signal?: string;
}

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** What happens around a container, not kept over a restart of the engine. */
interface Live {
  /** the start that is under way */
  starting?: Promise<void>;
  /** waits to start again */
  restart?: Disposable;
  /** the start under way is one of its policy's */
  startsAgain: boolean;
  previousWait: number;
  health?: HealthMonitor;
  removing: boolean;
  /** stopped only to be started again: not removed in between */
  keep: boolean;
  /** clients that attached before it ran */
  readonly sessions: Set<AttachSession>;
}

/** The life of containers as dockerd leads it: start, stop, restart policies, health, waiting, removal. */
export class Containers {
  readonly #context: ContainerContext;
  readonly #execs: Execs;
  readonly #live = new Map<string, Live>();
  readonly #changes = new ContainerChanges();
  readonly #subscription: Disposable;

  constructor(context: ContainerContext, execs: Execs) {
    this.#context = context;
    this.#execs = execs;
    this.#subscription = context.runtime.events((event) => this.#onRuntimeEvent(event));
  }

  /** Starts what its restart policy wants to run. */
  async recover(): Promise<void> {
    const { records, runtime } = this.#context;
    for (const record of records.list()) {
      const { state, exit } = runtime.container(record.id);
      const { RestartPolicy: policy, AutoRemove: autoRemove } = record.hostConfig;
      if (state === 'running' || state === 'paused') this.#watchHealth(record);
      else if (state !== 'exited') continue;
      else if (autoRemove) await this.remove(record, { force: true, volumes: true });
      else if (restartsWithEngine(policy, { ...record, exitCode: exit?.code ?? 0 }))
        await this.#run(record).catch(() => {});
    }
  }

  close(): void {
    this.#subscription.dispose();
    for (const live of this.#live.values()) {
      live.restart?.dispose();
      live.health?.stop();
    }
  }

  health(id: string): Health | undefined {
    return this.#live.get(id)?.health?.health;
  }

  /** From its end until its policy has started it again. */
  isRestarting(id: string): boolean {
    const live = this.#live.get(id);
    return (
      live?.restart !== undefined ||
      (live?.startsAgain === true && this.#context.runtime.container(id).state !== 'running')
    );
  }

  /** Throws 409 from an end until the next start has been made: what needs a program that runs must wait. */
  checkNotRestarting({ id }: ContainerRecord): void {
    if (this.isRestarting(id))
      throw conflict(`Container ${id} is restarting, wait until the container is running`);
  }

  isRemoving(id: string): boolean {
    return this.#live.get(id)?.removing ?? false;
  }

  /** Throws 304 when it runs, 409 when it is paused, or what keeps it from running. */
  async start(record: ContainerRecord): Promise<void> {
    const { state } = this.#container(record);
    if (state === 'paused') throw conflict('cannot start a paused container, try unpause instead');
    if (state === 'running' || this.#of(record.id).starting !== undefined) throw notModified();
    if (this.isRemoving(record.id))
      throw conflict('container is marked for removal and cannot be started');
    checkIpcMode(record.hostConfig);
    checkDeviceRequests(record.hostConfig);
    checkLogValues(record.hostConfig);
    for (const options of Object.values(record.hostConfig.Tmpfs ?? {}))
      checkTmpfsOptions(options === '' ? [] : options.split(','));
    this.#cancelRestart(record.id);
    record.manuallyStopped = false;
    record.restartCount = 0;
    this.#of(record.id).previousWait = 0;
    await this.#run(record);
  }

  async stop(record: ContainerRecord, options: StopOptions): Promise<void> {
    if (!this.#isUp(record)) throw notModified();
    await this.#stop(record, options);
    containerEvent(this.#context, record, 'stop');
  }

  async restart(record: ContainerRecord, options: StopOptions): Promise<void> {
    if (this.#isUp(record)) await this.#stop(record, options, { autoRemove: false });
    await this.start(record);
    containerEvent(this.#context, record, 'restart');
  }

  async kill(record: ContainerRecord, signal: string): Promise<void> {
    const { name, number } = parseSignal(signal === '' ? 'KILL' : signal);
    const { state } = this.#container(record);
    if (this.#of(record.id).restart !== undefined) {
      await this.#markStopped(record);
      return;
    }
    if (state !== 'running' && state !== 'paused') {
      throw conflict(
        `Cannot kill container: ${record.name}: Container ${record.id} is not running`,
      );
    }
    record.manuallyStopped = true;
    const exit = number === 9 ? this.#changes.next(record.id, 'exited') : undefined;
    await this.#context.runtime.killContainer(record.id, name);
    await exit;
  }

  async pause(record: ContainerRecord): Promise<void> {
    const { state } = this.#container(record);
    if (state === 'paused') throw conflict(`Container ${record.id} is already paused`);
    this.checkNotRestarting(record);
    if (state !== 'running') throw conflict(`Container ${record.id} is not running`);
    await this.#context.runtime.pauseContainer(record.id);
  }

  async unpause(record: ContainerRecord): Promise<void> {
    if (this.#container(record).state !== 'paused')
      throw new ApiError(500, `Container ${record.id} is not paused`);
    await this.#context.runtime.resumeContainer(record.id);
  }

  async rename(record: ContainerRecord, newName: string): Promise<void> {
    const { records, networks } = this.#context;
    if (newName === '') throw badRequest('Neither old nor new names may be empty');
    const name = checkName(newName);
    if (name === record.name)
      throw badRequest('Renaming a container with the same name as its current name');
    const holder = records.holderOf(name);
    if (holder !== undefined)
      throw conflict(`Error when allocating new name: ${nameConflict(name, holder).message}`);
    const oldName = record.name;
    record.name = name;
    await records.save(record);
    await networks.rename(record);
    containerEvent(this.#context, record, 'rename', { oldName: `/${oldName}` });
  }

  /** Changes limits and the restart policy of a container, running or not. Returns warnings. */
  async update(record: ContainerRecord, given: GivenHostConfig): Promise<readonly string[]> {
    const { hostConfig, warnings } = updatedHostConfig(record, given);
    await this.#context.runtime.updateContainer(record.id, resourcesOf(hostConfig));
    record.hostConfig = hostConfig;
    await this.#context.records.save(record);
    containerEvent(this.#context, record, 'update');
    return warnings;
  }

  async resize(record: ContainerRecord, size: TerminalSize): Promise<void> {
    if (this.#container(record).state !== 'running')
      throw conflict(`Container ${record.id} is not running`);
    await this.#context.runtime.resizeContainer(record.id, size);
    containerEvent(this.#context, record, 'resize', {
      height: String(size.rows),
      width: String(size.cols),
    });
  }

  /** Takes a link away that goes by this name, `web/db`. Throws 500 for what is no link's name. */
  async removeLink(record: ContainerRecord, reference: string): Promise<void> {
    const [parentName = '', alias] = reference.replace(/^\//, '').split('/');
    if (alias === undefined)
      throw new ApiError(500, 'Conflict, cannot remove the default link name of the container');
    const parent = this.#context.records.named(parentName);
    if (parent?.links?.[alias] !== record.id)
      throw new ApiError(
        500,
        `Cannot get parent /${parentName} for link name /${parentName}/${alias}`,
      );
    const { [alias]: _gone, ...links } = parent.links;
    parent.links = links;
    await this.#context.records.save(parent);
  }

  async remove(
    record: ContainerRecord,
    options: { readonly force: boolean; readonly volumes: boolean },
  ): Promise<void> {
    const { runtime, records } = this.#context;
    const live = this.#of(record.id);
    if (live.removing) throw conflict(`removal of container ${record.name} is already in progress`);
    const { state } = this.#container(record);
    if (!options.force) {
      if (state === 'paused') {
        throw conflict(
          `You cannot remove a paused container ${record.id}. Unpause and then stop the container before attempting removal or force remove`,
        );
      }
      if (state === 'running') {
        throw conflict(
          `You cannot remove a running container ${record.id}. Stop the container before attempting removal or force remove`,
        );
      }
      if (this.isRestarting(record.id)) {
        throw conflict(
          `You cannot remove a restarting container ${record.id}. Stop the container before attempting removal or force remove`,
        );
      }
    }
    live.removing = true;
    try {
      await live.starting?.catch(() => {});
      this.#cancelRestart(record.id);
      record.manuallyStopped = true;
      await this.#end(record, 'SIGKILL', -1);
      const { exit } = this.#container(record);
      await runtime.removeContainer(record.id, { force: options.force, volumes: options.volumes });
      records.forget(record.id);
      for (const session of live.sessions) session.end();
      this.#live.delete(record.id);
      containerEvent(this.#context, record, 'destroy');
      this.#changes.tell(
        'removed',
        record.id,
        exit ?? { code: record.startFailure ?? 0, finishedAt: 0 },
      );
    } catch (error) {
      live.removing = false;
      throw error;
    }
  }

  /** Begins to wait at once; resolves with the exit code. Rejects with the signal's reason. */
  async wait(
    record: ContainerRecord,
    condition: WaitCondition,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    if (condition === 'not-running' && !this.#isUp(record))
      return this.#container(record).exit?.code ?? record.startFailure ?? 0;
    const { code } = await this.#changes.next(
      record.id,
      condition === 'removed' ? 'removed' : 'exited',
      signal,
    );
    return code;
  }

  /** Joins a client to the container's main process, now or when it starts. Resolves when the client is through. */
  async attach(
    record: ContainerRecord,
    stream: ByteStream,
    options: SessionOptions,
  ): Promise<void> {
    const { runtime } = this.#context;
    const session = new AttachSession(stream, options);
    const live = this.#of(record.id);
    // Without a start under way nothing is awaited: the next one must find the session.
    if (live.starting !== undefined) await live.starting.catch(() => {});
    const { state } = this.#container(record);
    if (state === 'running' || state === 'paused') {
      await joinSessions(await runtime.attach(record.id, { stdin: options.stdin }), [session]);
    } else live.sessions.add(session);
    const how = await session.ended;
    live.sessions.delete(session);
    if (how === 'detached') containerEvent(this.#context, record, 'detach');
  }

  #container(record: ContainerRecord): Container {
    return this.#context.runtime.container(record.id);
  }

  #isUp(record: ContainerRecord): boolean {
    const { state } = this.#container(record);
    return (
      state === 'running' ||
      state === 'paused' ||
      this.isRestarting(record.id) ||
      this.#of(record.id).starting !== undefined
    );
  }

  #of(id: string): Live {
    let live = this.#live.get(id);
    if (live === undefined) {
      live = {
        startsAgain: false,
        previousWait: 0,
        removing: false,
        keep: false,
        sessions: new Set(),
      };
      this.#live.set(id, live);
    }
    return live;
  }

  #cancelRestart(id: string): void {
    const live = this.#of(id);
    live.restart?.dispose();
    delete live.restart;
  }

  async #markStopped(record: ContainerRecord): Promise<void> {
    this.#cancelRestart(record.id);
    record.manuallyStopped = true;
    await this.#context.records.save(record);
  }

  async #stop(
    record: ContainerRecord,
    { timeout, signal }: StopOptions,
    { autoRemove = true } = {},
  ): Promise<void> {
    await this.#of(record.id).starting?.catch(() => {});
    await this.#markStopped(record);
    const live = this.#of(record.id);
    live.keep = !autoRemove;
    const seconds = timeout ?? record.config.StopTimeout;
    const { name } = parseSignal(signal ?? record.config.StopSignal ?? 'SIGTERM');
    await this.#end(record, name, seconds === undefined ? undefined : seconds * 1000);
    live.keep = false;
  }

  /** Resolves when the process has ended and everybody was told, also when it does not run. */
  async #end(record: ContainerRecord, signal: string, timeoutMs?: number): Promise<void> {
    const { state } = this.#container(record);
    if (state !== 'running' && state !== 'paused') return;
    const exit = this.#changes.next(record.id, 'exited');
    await this.#context.runtime.stopContainer(record.id, {
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    await exit;
  }

  #run(record: ContainerRecord): Promise<void> {
    const live = this.#of(record.id);
    const starting = this.#runOnce(record, live).finally(() => delete live.starting);
    live.starting = starting;
    return starting;
  }

  async #runOnce(record: ContainerRecord, live: Live): Promise<void> {
    const { runtime, records, random } = this.#context;
    record.sandboxId = randomId(random);
    delete record.startFailure;
    const saved = records.save(record);
    const sessions = [...live.sessions];
    const [rows = 0, cols = 0] = record.hostConfig.ConsoleSize;
    try {
      const { io } = await runtime.startContainer(record.id, {
        ...linkAdditions(this.#context, record),
        attach: sessions.length > 0,
        ...(record.config.Tty && rows > 0 ? { size: { rows, cols } } : {}),
      });
      if (io !== undefined) void joinSessions(io, sessions);
      record.networks = startedEndpoints(this.#context, record);
    } catch (thrown) {
      await saved;
      await this.#startFailed(record, live, thrown);
    }
    await saved;
    await records.save(record);
    await moveLinked(this.#context, record);
    tellConnected(this.#context, record);
    containerEvent(this.#context, record, 'start');
    this.#watchHealth(record);
  }

  async #startFailed(record: ContainerRecord, live: Live, thrown: unknown): Promise<never> {
    const { config, name } = record;
    const { error, exitCode } = containerStartError(
      thrown,
      (config.Entrypoint ?? config.Cmd)?.[0] ?? '',
    );
    record.startFailure = exitCode;
    await this.#context.records.save(record);
    for (const session of live.sessions) session.end();
    const portTaken =
      thrown instanceof RuntimeError &&
      thrown.code === 'PORT_IN_USE' &&
      !error.message.startsWith('driver failed');
    const told = portTaken
      ? new ApiError(
          error.status,
          `driver failed programming external connectivity on endpoint ${name} (${randomId(this.#context.random)}): ${error.message}`,
          { cause: thrown },
        )
      : error;
    delete live.starting;
    if (record.hostConfig.AutoRemove) await this.remove(record, { force: true, volumes: true });
    throw told;
  }

  #watchHealth(record: ContainerRecord): void {
    const { Healthcheck: check, Shell: shell } = record.config;
    const command = probeCommand(check, shell);
    if (check === undefined || command === undefined) return;
    const live = this.#of(record.id);
    live.health ??= new HealthMonitor(
      this.#context.clock,
      check,
      command,
      (args, signal) => this.#execs.probe(record, args, signal),
      (status) => containerEvent(this.#context, record, `health_status: ${status}`),
    );
    const { state, startedAt } = this.#container(record);
    live.health.begin(startedAt ?? 0);
    if (state === 'paused') live.health.stop();
  }

  #onRuntimeEvent(event: RuntimeEvent): void {
    const record = this.#context.records.find(event.id);
    if (record === undefined) return;
    switch (event.type) {
      case 'exited':
        void this.#onExit(record, event.exit);
        break;
      case 'oom':
        containerEvent(this.#context, record, 'oom');
        break;
      case 'killed':
        containerEvent(this.#context, record, 'kill', {
          signal: String(parseSignal(event.signal).number),
        });
        break;
      case 'paused':
        this.#of(event.id).health?.stop();
        containerEvent(this.#context, record, 'pause');
        break;
      case 'resumed':
        this.#of(event.id).health?.resume();
        containerEvent(this.#context, record, 'unpause');
        break;
      case 'created':
      case 'removed':
      case 'started':
      case 'updated':
        break;
    }
  }

  async #onExit(record: ContainerRecord, exit: ExitStatus): Promise<void> {
    const { records, clock, runtime } = this.#context;
    const live = this.#of(record.id);
    // A short command can end before its start was told.
    await live.starting?.catch(() => {});
    live.health?.stop();
    containerEvent(this.#context, record, 'die', { exitCode: String(exit.code) });
    tellDisconnected(this.#context, record);
    const delay = restartDelay(record.hostConfig.RestartPolicy, {
      exitCode: exit.code,
      duration: exit.finishedAt - (this.#container(record).startedAt ?? exit.finishedAt),
      manuallyStopped: record.manuallyStopped,
      restartCount: record.restartCount,
      previousWait: live.previousWait,
    });
    if (delay !== undefined && !live.removing) {
      live.previousWait = delay;
      live.restart = clock.setTimer(() => {
        delete live.restart;
        live.startsAgain = true;
        record.restartCount++;
        this.#run(record)
          .catch(() => {})
          .finally(() => (live.startsAgain = false));
      }, delay);
    }
    this.#changes.tell('exited', record.id, exit);
    if (delay === undefined && record.hostConfig.AutoRemove && !live.removing && !live.keep) {
      await this.remove(record, { force: true, volumes: true }).catch(() => {});
    } else if (
      records.find(record.id) !== undefined &&
      runtime.containers().some(({ id }) => id === record.id)
    ) {
      // It may have been removed meanwhile.
      await records.save(record).catch(() => {});
    }
  }
}
