import { packTar } from 'modern-tar';
import type {
  AgentErrorBody,
  ExitStatus,
  FileInfo,
  PodSandboxSpec,
  PublishedPort,
  TaskEvent,
  TaskInfo,
  TaskStats,
} from '../../api/agent.ts';
import { FrameType } from '../../api/agent.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { OpenedStream } from '../../api/machine.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { AgentTransport } from '../../machine/agent/agent-transport.ts';
import { encodeFrame } from '../../machine/agent/frames.ts';
import { encodeMessage } from '../../machine/agent/messages.ts';

interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** UNIX time in milliseconds */
const FIRST_START = 1_700_000_000_500;

interface Call {
  readonly op: string;
  readonly request: Record<string, unknown>;
}

/**
 * A machine's agent for unit tests, on the wire's own terms: it keeps files and tasks, answers what the
 * runtime asks, and says when a task ends. What crun and the kernel do is for the scenarios on a real machine.
 */
export class FakeAgent implements AgentTransport {
  readonly files = new Map<string, string>([
    ['/etc/machine-id', '1'.repeat(32)],
    ['/etc/resolv.conf', 'nameserver 10.0.0.1\n'],
    ['/proc/self/mountinfo', '21 1 0:19 / / rw,relatime shared:1 - overlay overlay rw\n'],
  ]);
  readonly tasks = new Map<string, TaskInfo>();
  readonly sandboxes = new Set<string>();
  /** what `cni.status` says */
  network = { ready: true, message: '' };
  ports: readonly PublishedPort[] = [];
  readonly calls: Call[] = [];
  /** operations that fail the next time */
  readonly failures = new Map<string, AgentErrorBody>();
  /** runs before an operation is answered */
  readonly before = new Map<string, () => void | Promise<void>>();
  readonly #subscribers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #attached = new Map<string, ReadableStreamDefaultController<Uint8Array>[]>();
  readonly #followers = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  #starts = 0;
  readonly #inputs = new Map<string, string>();
  /** device nodes by path */
  readonly devices = new Map<string, NonNullable<FileInfo['device']>>();
  /** what `tar.read` of a directory gives: an empty file for each name, and then an error, if it is to fail */
  readonly tars = new Map<
    string,
    {
      readonly names: readonly string[];
      /** hard links, with what they lead to */
      readonly links?: Readonly<Record<string, string>>;
      readonly failsAfter?: number;
    }
  >();
  /** programs of the machine and of its tasks by name; others print nothing and succeed */
  readonly programs = new Map<string, (argv: readonly string[]) => Partial<RunResult>>();
  /** programs of tasks that do not end by themselves */
  readonly endless = new Set<string>();

  /** Names of the operations so far, without questions. */
  get ops(): string[] {
    return this.calls
      .map(({ op }) => op)
      .filter(
        (op) =>
          !/^(hello|file\.read|task\.list|task\.events|sandbox\.list|bridge\.ensure|file\.write)$/.test(
            op,
          ),
      );
  }

  exit(id: string, status: Partial<ExitStatus> = {}): void {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`There is no task ${id}.`);
    const { startedAt } = task;
    const exit: ExitStatus = { code: 0, finishedAt: startedAt + 500, startedAt, ...status };
    this.tasks.set(id, { ...task, state: 'stopped', exit });
    this.#send({ type: 'exited', id, exit });
    const frame = encodeFrame(FrameType.exit, new TextEncoder().encode(JSON.stringify(exit)));
    for (const stream of this.#attached.get(id) ?? []) {
      stream.enqueue(frame);
      stream.close();
    }
    this.#attached.delete(id);
  }

  /** Appends to a file, and to whoever follows it. */
  append(path: string, text: string): void {
    this.files.set(path, (this.files.get(path) ?? '') + text);
    this.#followers.get(path)?.enqueue(new TextEncoder().encode(text));
  }

  /** A task's process writes, to those who are attached. */
  write(id: string, stream: 'stdout' | 'stderr', text: string): void {
    const frame = encodeFrame(FrameType[stream], new TextEncoder().encode(text));
    for (const attached of this.#attached.get(id) ?? []) attached.enqueue(frame);
  }

  /** What a task's process was given to read. */
  inputOf(id: string): string {
    return this.#inputs.get(id) ?? '';
  }

  /** Names of the signals that tasks were sent. */
  get signals(): string[] {
    return this.calls
      .filter(({ op }) => op === 'task.signal')
      .map(({ request }) => String(request['signal']));
  }

  /** Ends the session's streams, as a reset of the channel does. */
  reset(): void {
    for (const subscriber of this.#subscribers)
      subscriber.error(new AgentError('ECONNRESET', 'The session ended.'));
    this.#subscribers.clear();
  }

  async agentCall(op: string, request: object): Promise<unknown> {
    await this.#admit(op, request);
    const { id, path, ports } = request as {
      readonly id: string;
      readonly path: string;
      readonly ports: readonly PublishedPort[];
    };
    switch (op) {
      case 'hello':
        return { version: '1', kernel: '6.1', hostname: 'machine', bootMs: 0 };
      case 'run': {
        const { argv } = request as { readonly argv: readonly string[] };
        const {
          code = 0,
          stdout = '',
          stderr = '',
        } = this.programs.get(argv[0] ?? '')?.(argv) ?? {};
        return { exit: { code, finishedAt: 0 }, stdout, stderr };
      }
      case 'stats':
        return { memory: { total: 1000, available: 500 } };
      case 'sandbox.list':
        return { ids: [...this.sandboxes], ports: this.ports };
      case 'sandbox.create': {
        this.sandboxes.add(id);
        const { mode, hostname, ipc, network } = request as Partial<PodSandboxSpec>;
        if (mode !== 'pod') return { netns: `/netns/${id}` };
        const address = `10.244.1.${this.sandboxes.size + 1}/24`;
        return {
          netns: `/netns/${id}`,
          ...(hostname === '' ? {} : { uts: `/utsns/${id}` }),
          ...(ipc === 'own' ? { ipc: `/ipcns/${id}`, shm: `/shm/${id}` } : {}),
          ...(network === 'cni' ? { cni: { ips: [{ address }], interfaces: [] } } : {}),
        };
      }
      case 'sandbox.stats': {
        const { networks } = taskStats(id);
        return { networks };
      }
      case 'cni.status':
        return this.network;
      case 'cgroup.stats': {
        const { id: _id, networks: _networks, ...stats } = taskStats(id);
        return stats;
      }
      case 'file.usage': {
        const { paths } = request as { readonly paths: readonly string[] };
        return { usages: paths.map(() => ({ bytes: 8192, inodes: 3 })) };
      }
      case 'sandbox.remove':
        if (!this.sandboxes.delete(id)) throw new AgentError('ENOENT', `there is no sandbox ${id}`);
        return {};
      case 'port.publish':
        this.ports = [...this.ports, ...ports];
        return {};
      case 'port.withdraw': {
        const gone = new Set(ports.map((port) => JSON.stringify(port)));
        this.ports = this.ports.filter((port) => !gone.has(JSON.stringify(port)));
        return {};
      }
      case 'task.list':
        return { tasks: [...this.tasks.values()] };
      case 'task.pids':
        return { pids: [this.tasks.get(id)?.pid] };
      case 'task.stats':
        return taskStats(id);
      case 'task.pause':
      case 'task.resume': {
        const task = this.tasks.get(id);
        if (task?.state === 'stopped') throw new AgentError('ESRCH', `task ${id} has ended`);
        if (task !== undefined)
          this.tasks.set(id, { ...task, state: op === 'task.pause' ? 'paused' : 'running' });
        return {};
      }
      case 'task.start': {
        const { sandbox } = request as { readonly sandbox: string };
        const pid = 40 + this.tasks.size;
        const startedAt = FIRST_START + this.#starts++;
        this.tasks.set(id, { id, sandbox, state: 'running', pid, startedAt });
        await this.before.get('task.start reply')?.();
        return { pid, startedAt };
      }
      case 'task.delete':
        this.tasks.delete(id);
        return {};
      case 'task.signal':
        if ((request as { readonly signal: string }).signal === 'SIGKILL')
          this.exit(id, { code: 137, signal: 'SIGKILL' });
        return {};
      case 'file.stat': {
        const device = this.devices.get(path);
        if (device !== undefined) return { kind: 'device', mode: 0o660, uid: 0, gid: 6, device };
        if (!this.files.has(path)) throw new AgentError('ENOENT', path);
        return { size: new TextEncoder().encode(this.files.get(path)).length };
      }
      case 'file.list': {
        const below = [...this.devices].filter(([name]) => name.startsWith(`${path}/`));
        const entries = below.map(([name, device]) => ({
          name: name.slice(path.length + 1),
          kind: 'device',
          mode: 0o660,
          uid: 0,
          gid: 6,
          device,
        }));
        return { entries };
      }
      default:
        return {};
    }
  }

  async agentOpen(op: string, request: object): Promise<OpenedStream> {
    await this.#admit(op, request);
    const {
      id,
      path,
      follow,
      offset = 0,
      length,
    } = request as {
      readonly id: string;
      readonly path: string;
      readonly follow?: boolean;
      readonly offset?: number;
      readonly length?: number;
    };
    switch (op) {
      case 'task.events': {
        let own: ReadableStreamDefaultController<Uint8Array> | undefined;
        const readable = new ReadableStream<Uint8Array>({
          start: (controller) => void this.#subscribers.add((own = controller)),
          cancel: () => void (own && this.#subscribers.delete(own)),
        });
        const close = (): void => {
          if (own !== undefined && this.#subscribers.delete(own)) own.close();
        };
        return {
          reply: {},
          stream: { readable, writable: new WritableStream({ close, abort: close }) },
        };
      }
      case 'task.attach': {
        const readable = new ReadableStream<Uint8Array>({
          start: (controller) =>
            void this.#attached.set(id, [...(this.#attached.get(id) ?? []), controller]),
        });
        return { reply: {}, stream: { readable, writable: this.#input(id) } };
      }
      case 'task.exec': {
        const { process } = request as { readonly process: { readonly args: readonly string[] } };
        return { reply: { pid: 99 }, stream: this.#program(process.args) };
      }
      case 'file.read': {
        const text = this.files.get(path);
        if (text === undefined)
          throw new AgentError('ENOENT', `open ${path}: no such file or directory`);
        let finish = (): void => {};
        const readable = new ReadableStream<Uint8Array>({
          start: (controller) => {
            const end = length === undefined ? undefined : offset + length;
            const bytes = new TextEncoder().encode(text).subarray(offset, end);
            if (bytes.length > 0) controller.enqueue(bytes);
            if (follow === true) {
              this.#followers.set(path, controller);
              finish = () => controller.close();
            } else controller.close();
          },
        });
        return {
          reply: { name: path, size: text.length },
          stream: { readable, writable: new WritableStream({ close: () => finish() }) },
        };
      }
      case 'tar.read': {
        const { names = [], links = {}, failsAfter } = this.tars.get(path) ?? {};
        const tar = await packTar([
          ...names.map((name) => ({ header: { name, size: 0 } })),
          ...Object.entries(links).map(([name, linkname]) => ({
            header: { name, linkname, type: 'link' as const, size: 0 },
          })),
        ]);
        const readable = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(tar.subarray(0, failsAfter));
            if (failsAfter === undefined) controller.close();
          },
          pull: (controller) =>
            controller.error(new AgentError('ECONNRESET', 'The session ended.')),
        });
        return { reply: {}, stream: { readable, writable: new WritableStream() } };
      }
      case 'tar.write': {
        const { readable, done } = ending();
        return { reply: {}, stream: { readable, writable: new WritableStream({ close: done }) } };
      }
      case 'file.write': {
        let text = '';
        const { readable, done } = ending();
        const writable = new WritableStream<Uint8Array>({
          write: (chunk) => void (text += new TextDecoder().decode(chunk)),
          close: () => {
            this.files.set(path, text);
            done();
          },
        });
        return { reply: {}, stream: { readable, writable } };
      }
      default:
        throw new AgentError('EPROTO', `there is no operation "${op}"`);
    }
  }

  agentListen(): Promise<() => Promise<void>> {
    return Promise.reject(new AgentError('EPROTO', 'The runtime does not listen.'));
  }

  #program(argv: readonly string[]): ByteStream {
    const name = argv[0] ?? '';
    const { code = 0, stdout = '', stderr = '' } = this.programs.get(name)?.(argv) ?? {};
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    let end = (_exit: ExitStatus): void => {};
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (stdout !== '') controller.enqueue(encodeFrame(FrameType.stdout, encode(stdout)));
        if (stderr !== '') controller.enqueue(encodeFrame(FrameType.stderr, encode(stderr)));
        end = (exit) => {
          controller.enqueue(encodeFrame(FrameType.exit, encode(JSON.stringify(exit))));
          controller.close();
        };
      },
    });
    if (!this.endless.has(name)) end({ code, finishedAt: FIRST_START });
    const writable = new WritableStream<Uint8Array>({
      write(frame) {
        if (frame[0] !== FrameType.signal) return;
        const { signal } = JSON.parse(new TextDecoder().decode(frame.subarray(5))) as {
          readonly signal: string;
        };
        end({ code: 137, signal, finishedAt: FIRST_START });
      },
    });
    return { readable, writable };
  }

  #input(id: string): WritableStream<Uint8Array> {
    const add = (text: string): void => void this.#inputs.set(id, this.inputOf(id) + text);
    return new WritableStream({
      write(frame) {
        if (frame[0] === FrameType.stdin) add(new TextDecoder().decode(frame.subarray(5)));
        else if (frame[0] === FrameType.stdinEnd) add('<end>');
      },
    });
  }

  async #admit(op: string, request: object): Promise<void> {
    this.calls.push({ op, request: request as Record<string, unknown> });
    await this.before.get(op)?.();
    const failure = this.failures.get(op);
    this.failures.delete(op);
    if (failure !== undefined) throw AgentError.from(failure);
  }

  #send(event: TaskEvent): void {
    for (const subscriber of this.#subscribers) subscriber.enqueue(encodeMessage(event));
  }
}

/** A stream that ends with the message that all went well. */
function ending(): { readonly readable: ReadableStream<Uint8Array>; readonly done: () => void } {
  let done: () => void = () => {};
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      done = () => {
        controller.enqueue(encodeMessage({}));
        controller.close();
      };
    },
  });
  return { readable, done: () => done() };
}

function taskStats(id: string): TaskStats {
  return {
    id,
    time: 1_700_000_000_900,
    cpu: { usage_usec: 1000, user_usec: 600, system_usec: 400 },
    memory: { current: 4096, peak: 8192, limit: null, stat: { inactive_file: 0 } },
    pids: { current: 1, limit: null },
    io: null,
    networks: {
      eth0: {
        receivedBytes: 1,
        receivedPackets: 1,
        receiveErrors: 0,
        receiveDrops: 0,
        sentBytes: 2,
        sentPackets: 1,
        sendErrors: 0,
        sendDrops: 0,
      },
    },
  };
}
