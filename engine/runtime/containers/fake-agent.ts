import type { AgentErrorBody, ExitStatus, TaskEvent, TaskInfo } from '../../api/agent.ts';
import { FrameType } from '../../api/agent.ts';
import type { OpenedStream } from '../../api/machine.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { AgentTransport } from '../../machine/agent/agent-transport.ts';
import { encodeFrame } from '../../machine/agent/frames.ts';
import { encodeMessage } from '../../machine/agent/messages.ts';

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
  ]);
  readonly tasks = new Map<string, TaskInfo>();
  readonly calls: Call[] = [];
  /** operations that fail the next time */
  readonly failures = new Map<string, AgentErrorBody>();
  /** runs before an operation is answered */
  readonly before = new Map<string, () => void | Promise<void>>();
  readonly #subscribers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #attached = new Map<string, ReadableStreamDefaultController<Uint8Array>[]>();
  readonly #followers = new Map<string, ReadableStreamDefaultController<Uint8Array>>();

  /** Names of the operations so far, without questions. */
  get ops(): string[] {
    return this.calls
      .map(({ op }) => op)
      .filter(
        (op) => !/^(hello|file\.read|task\.list|task\.events|bridge\.ensure|file\.write)$/.test(op),
      );
  }

  exit(id: string, status: Partial<ExitStatus> = {}): void {
    const exit: ExitStatus = { code: 0, finishedAt: 1_700_000_001_000, ...status };
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`There is no task ${id}.`);
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

  /** Ends the session's streams, as a reset of the channel does. */
  reset(): void {
    for (const subscriber of this.#subscribers)
      subscriber.error(new AgentError('ECONNRESET', 'The session ended.'));
    this.#subscribers.clear();
  }

  async agentCall(op: string, request: object): Promise<unknown> {
    await this.#admit(op, request);
    const { id, path } = request as { readonly id: string; readonly path: string };
    switch (op) {
      case 'hello':
        return { version: '1', kernel: '6.1', hostname: 'machine', bootMs: 0 };
      case 'task.list':
        return { tasks: [...this.tasks.values()] };
      case 'task.start': {
        const { sandbox } = request as { readonly sandbox: string };
        this.tasks.set(id, {
          id,
          sandbox,
          state: 'running',
          pid: 40 + this.tasks.size,
          startedAt: 1_700_000_000_500,
        });
        await this.before.get('task.start reply')?.();
        return { pid: this.tasks.get(id)?.pid, startedAt: 1_700_000_000_500 };
      }
      case 'task.delete':
        this.tasks.delete(id);
        return {};
      case 'task.signal':
        if ((request as { readonly signal: string }).signal === 'SIGKILL')
          this.exit(id, { code: 137, signal: 'SIGKILL' });
        return {};
      case 'file.stat':
        if (!this.files.has(path)) throw new AgentError('ENOENT', path);
        return { size: new TextEncoder().encode(this.files.get(path)).length };
      case 'file.list':
        return { entries: [] };
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
    } = request as {
      readonly id: string;
      readonly path: string;
      readonly follow?: boolean;
      readonly offset?: number;
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
        return { reply: {}, stream: { readable, writable: new WritableStream() } };
      }
      case 'file.read': {
        const text = this.files.get(path);
        if (text === undefined)
          throw new AgentError('ENOENT', `open ${path}: no such file or directory`);
        const readable = new ReadableStream<Uint8Array>({
          start: (controller) => {
            const bytes = new TextEncoder().encode(text).subarray(offset);
            if (bytes.length > 0) controller.enqueue(bytes);
            if (follow === true) this.#followers.set(path, controller);
            else controller.close();
          },
        });
        return {
          reply: { name: path, size: text.length },
          stream: { readable, writable: new WritableStream() },
        };
      }
      case 'file.write': {
        let text = '';
        let done: () => void = () => {};
        const readable = new ReadableStream<Uint8Array>({
          start(controller) {
            done = () => {
              controller.enqueue(encodeMessage({}));
              controller.close();
            };
          },
        });
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
