import { messageOf } from '../../base/message-of.ts';
import { z } from 'zod';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { TerminalSize } from '../../api/agent.ts';
import type { RunningExec } from '../../runtime/types.ts';
import { badRequest, conflict, notFound } from '../api/api-error.ts';
import { AttachSession, joinSessions } from './attach-session.ts';
import type { ContainerRecord } from './container-record.ts';
import { randomId } from './container-record.ts';
import { containerEvent, type ContainerContext } from './context.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { finishProbe } from './health-probe.ts';
import { execStartError } from './start-error.ts';

export const execBodySchema = z.looseObject({
  User: z.string().nullish(),
  Privileged: z.boolean().nullish(),
  Tty: z.boolean().nullish(),
  AttachStdin: z.boolean().nullish(),
  AttachStderr: z.boolean().nullish(),
  AttachStdout: z.boolean().nullish(),
  DetachKeys: z.string().nullish(),
  Env: z.array(z.string()).nullish(),
  WorkingDir: z.string().nullish(),
  Cmd: z.array(z.string()).nullish(),
  /** rows, columns; since 1.42 */
  ConsoleSize: z.array(z.number()).nullish(),
});
type ExecBody = z.infer<typeof execBodySchema>;

interface Exec {
  readonly id: string;
  readonly containerId: string;
  readonly body: ExecBody;
  started: boolean;
  running?: RunningExec;
  pid: number;
  /** null until it has ended */
  exitCode: number | null;
  /** the terminal's size, when the client told it before the process ran */
  size: TerminalSize | undefined;
}

/** What a terminal measures before its client says so. */
const DEFAULT_SIZE: TerminalSize = { rows: 24, cols: 80 };
/** Ended ones that are kept for `inspect`. */
const KEPT = 100;

const encoder = new TextEncoder();

/** Additional processes in running containers: `docker exec`. */
export class Execs {
  readonly #context: ContainerContext;
  readonly #execs = new Map<string, Exec>();

  constructor(context: ContainerContext) {
    this.#context = context;
  }

  /** Throws 409 when the container does not run or is paused. @param called the container, as the client named it */
  create(record: ContainerRecord, body: ExecBody, called: string): string {
    this.#requireRunning(record, called);
    if ((body.Cmd?.length ?? 0) === 0) throw badRequest('No exec command specified');
    const id = randomId(this.#context.random);
    this.#execs.set(id, {
      id,
      containerId: record.id,
      body,
      started: false,
      pid: 0,
      exitCode: null,
      size: consoleSize(body.ConsoleSize),
    });
    this.#forgetOld();
    containerEvent(this.#context, record, `exec_create: ${commandLine(body)}`, { execID: id });
    return id;
  }

  /** Throws unless it can be started now: 404 or 409. */
  check(id: string): void {
    const exec = this.#get(id);
    if (exec.exitCode !== null) throw conflict(`Error: Exec command ${id} has already run`);
    if (exec.started) throw conflict(`Error: Exec command ${id} is already running`);
    this.#requireRunning(this.#context.records.get(exec.containerId));
  }

  /** Runs it for a client that stays. Failures to start are written where its output would be, as dockerd does. */
  async run(id: string, stream: ByteStream): Promise<void> {
    const exec = this.#get(id);
    const { body } = exec;
    const session = new AttachSession(stream, {
      stdin: body.AttachStdin ?? false,
      stdout: body.AttachStdout ?? false,
      stderr: body.AttachStderr ?? false,
      tty: body.Tty ?? false,
      closeStdin: true,
      detachKeys: parseDetachKeys(body.DetachKeys ?? ''),
    });
    let running: RunningExec;
    try {
      running = await this.#start(exec, 'exec_start');
    } catch (error) {
      await session.send({
        stream: 'stdout',
        bytes: encoder.encode(`${messageOf(error)}\r\n`),
      });
      session.end();
      return;
    }
    // The exit code is known before the client sees the end, because it asks for it then.
    const output = running.output.pipeThrough(
      new TransformStream({ flush: () => this.#ended(exec, running) }),
    );
    await joinSessions(
      { ...running, output, resize: (size) => running.resize(size), close: () => running.close() },
      [session],
    );
    if ((await session.ended) === 'detached') this.#event(exec, 'exec_detach');
    await this.#ended(exec, running);
  }

  /** Runs it with nobody watching. Throws what keeps it from starting. */
  async runDetached(id: string): Promise<void> {
    const exec = this.#get(id);
    const running = await this.#start(exec, 'exec_start');
    void this.#drain(exec, running);
  }

  /** Runs a health check in the container, as an exec of which only events tell. */
  async probe(
    record: ContainerRecord,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly code: number; readonly output: string }> {
    const exec = this.#get(this.create(record, { Cmd: [...args] }, record.id));
    try {
      const running = await this.#start(exec, 'exec_start');
      const result = await finishProbe(this.#context.clock, running, signal);
      await this.#ended(exec, running);
      return result;
    } finally {
      this.#execs.delete(exec.id);
    }
  }

  async resize(id: string, size: TerminalSize): Promise<void> {
    const exec = this.#get(id);
    exec.size = size;
    await exec.running?.resize(size);
  }

  inspect(id: string): object {
    const { body, running, started, exitCode, pid, containerId } = this.#get(id);
    const [entrypoint = '', ...args] = body.Cmd ?? [];
    return {
      ID: id,
      Running: started && exitCode === null && running !== undefined,
      ExitCode: exitCode,
      ProcessConfig: {
        tty: body.Tty ?? false,
        entrypoint,
        arguments: args,
        privileged: body.Privileged ?? false,
        ...(body.User ? { user: body.User } : {}),
      },
      OpenStdin: body.AttachStdin ?? false,
      OpenStderr: body.AttachStderr ?? false,
      OpenStdout: body.AttachStdout ?? false,
      CanRemove: exitCode !== null,
      ContainerID: containerId,
      DetachKeys: body.DetachKeys ?? '',
      Pid: pid,
    };
  }

  /** Those of a container that have not ended. */
  idsOf(containerId: string): readonly string[] {
    return [...this.#execs.values()]
      .filter((exec) => exec.containerId === containerId && exec.exitCode === null)
      .map(({ id }) => id);
  }

  #get(id: string): Exec {
    const exec = this.#execs.get(id);
    if (exec === undefined || this.#context.records.find(exec.containerId) === undefined)
      throw notFound(`No such exec instance: ${id}`);
    return exec;
  }

  #requireRunning(record: ContainerRecord, called = record.id): void {
    const { state } = this.#context.runtime.container(record.id);
    if (state === 'paused')
      throw conflict(`Container ${called} is paused, unpause the container before exec`);
    if (state !== 'running') throw conflict(`Container ${record.id} is not running`);
  }

  async #start(exec: Exec, action: string): Promise<RunningExec> {
    const { body } = exec;
    const record = this.#context.records.get(exec.containerId);
    exec.started = true;
    this.#event(exec, action);
    try {
      const running = await this.#context.runtime.exec(exec.containerId, {
        args: body.Cmd ?? [],
        env: [
          ...(body.Tty === true && !record.config.Tty ? ['TERM=xterm'] : []),
          ...(body.Env ?? []),
        ],
        ...(body.WorkingDir ? { cwd: body.WorkingDir } : {}),
        ...(body.User ? { user: body.User } : {}),
        ...(body.Tty === true ? { tty: exec.size ?? DEFAULT_SIZE } : {}),
        privileged: body.Privileged ?? false,
      });
      const told = exec.size;
      exec.running = running;
      exec.pid = running.pid;
      if (told !== undefined) void running.resize(told).catch(() => {});
      if (!(body.AttachStdin ?? false)) await running.input.close().catch(() => {});
      return running;
    } catch (error) {
      const failure = execStartError(error, body.Cmd?.[0] ?? '');
      exec.exitCode = failure.exitCode;
      throw failure.error;
    }
  }

  async #drain(exec: Exec, running: RunningExec): Promise<void> {
    await running.output.pipeTo(new WritableStream()).catch(() => {});
    await this.#ended(exec, running);
  }

  async #ended(exec: Exec, running: RunningExec): Promise<void> {
    const { code } = await running.exited.catch(() => ({ code: 137 }));
    if (exec.exitCode !== null) return;
    exec.exitCode = code;
    this.#event(exec, 'exec_die', { exitCode: String(code) });
  }

  #event(exec: Exec, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const record = this.#context.records.find(exec.containerId);
    if (record === undefined) return;
    const name = action === 'exec_start' ? `${action}: ${commandLine(exec.body)}` : action;
    containerEvent(this.#context, record, name, { execID: exec.id, ...attributes });
  }

  #forgetOld(): void {
    const ended = [...this.#execs.values()].filter(({ exitCode }) => exitCode !== null);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - KEPT))) this.#execs.delete(id);
  }
}

/** @param given rows and columns */
export function consoleSize(given: readonly number[] | null | undefined): TerminalSize | undefined {
  const [rows = 0, cols = 0] = given ?? [];
  return rows > 0 && cols > 0 ? { rows, cols } : undefined;
}

function commandLine(body: ExecBody): string {
  const [program = '', ...args] = body.Cmd ?? [];
  return `${program} ${args.join(' ')}`;
}
