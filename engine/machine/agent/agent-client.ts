/** Typed access to a machine's agent, in process or through the machine's worker. */
import type {
  AgentCalls,
  AgentStreams,
  ExecRequest,
  ExitStatus,
  FileEvent,
  FileInfo,
  MachineStats,
  TaskEvent,
  TaskExecRequest,
  TerminalSize,
} from '../../api/agent.ts';
import { FrameType } from '../../api/agent.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { OnConnection } from '../../api/machine.ts';
import { AgentError } from './agent-error.ts';
import type { AgentTransport } from './agent-transport.ts';
import { decodeFrames, encodeFrame, resizeFrame, signalFrame, type OutputFrame } from './frames.ts';
import { readMessages } from './messages.ts';

type CallName = keyof AgentCalls;
type StreamName = keyof AgentStreams;
type MessageStreamName = {
  [Name in StreamName]: AgentStreams[Name]['kind'] extends 'messages' ? Name : never;
}[StreamName];

/** A running program, or the attachment to a task. */
export interface AgentProcess<Reply> {
  readonly reply: Reply;
  /** standard input; closing it ends the input, not the program */
  readonly stdin: WritableStream<Uint8Array>;
  /** stdout, stderr and at last the exit frame; must be read, or the program blocks */
  readonly output: ReadableStream<OutputFrame>;
  resize(size: TerminalSize): Promise<void>;
  /** to the foreground process group of a terminal, else to the program's group */
  signal(name: string): Promise<void>;
  /** leaves: an `exec` program gets SIGHUP; a task goes on */
  close(): Promise<void>;
}

export interface OpenedFile {
  readonly info: FileInfo;
  readonly readable: ReadableStream<Uint8Array>;
  /** lets a file that is followed end with what it holds by now */
  finish(): Promise<void>;
}

/** Messages of one kind, until the loop over them ends or `close` is called. */
export interface AgentMessages<Reply, Message> extends AsyncIterable<Message> {
  readonly reply: Reply;
  close(): Promise<void>;
}

/** What flows on streams of kind `messages`. */
export interface AgentMessageTypes {
  'file.watch': FileEvent;
  'stats.watch': MachineStats;
  'task.events': TaskEvent;
}

const ignore = (): void => undefined;

export class AgentClient {
  readonly #transport: AgentTransport;

  constructor(transport: AgentTransport) {
    this.#transport = transport;
  }

  /** Any operation that ends with its reply. Throws `AgentError`. */
  async call<Name extends CallName>(
    op: Name,
    request: AgentCalls[Name]['request'],
  ): Promise<AgentCalls[Name]['reply']> {
    return (await this.#transport.agentCall(op, request)) as AgentCalls[Name]['reply'];
  }

  /** Any operation whose stream goes on, as bytes. Both directions must be closed or cancelled by the caller. */
  async open<Name extends StreamName>(
    op: Name,
    request: AgentStreams[Name]['request'],
  ): Promise<{ readonly reply: AgentStreams[Name]['reply']; readonly stream: ByteStream }> {
    const { reply, stream } = await this.#transport.agentOpen(op, request);
    return { reply: reply as AgentStreams[Name]['reply'], stream };
  }

  /** Listens in the guest until the returned function is called, also over resets of the channel's session. */
  listen(
    request: AgentStreams['listen']['request'],
    onConnection: OnConnection,
  ): Promise<() => Promise<void>> {
    return this.#transport.agentListen(request, onConnection);
  }

  /** Connects inside the machine, or inside a sandbox's network namespace. */
  async dial(request: AgentStreams['dial']['request']): Promise<ByteStream> {
    return (await this.open('dial', request)).stream;
  }

  async messages<Name extends MessageStreamName>(
    op: Name,
    request: AgentStreams[Name]['request'],
  ): Promise<AgentMessages<AgentStreams[Name]['reply'], AgentMessageTypes[Name]>> {
    const { reply, stream } = await this.open(op, request);
    const messages = readMessages<AgentMessageTypes[Name]>(stream.readable);
    // Half-closing asks the agent to stop; it then ends its own direction.
    const close = (): Promise<void> => stream.writable.close().catch(ignore);
    return {
      reply,
      close,
      async *[Symbol.asyncIterator]() {
        try {
          yield* messages;
        } finally {
          await close();
        }
      },
    };
  }

  exec(request: ExecRequest): Promise<AgentProcess<{ pid: number }>> {
    return this.#process('exec', request);
  }

  execInTask(request: TaskExecRequest): Promise<AgentProcess<{ pid: number }>> {
    return this.#process('task.exec', request);
  }

  attach(id: string, stdin: boolean): Promise<AgentProcess<object>> {
    return this.#process('task.attach', { id, stdin });
  }

  /** The file from `offset`, at most `length` bytes, with what `stat` says of it. */
  async openFile(request: AgentStreams['file.read']['request']): Promise<OpenedFile> {
    const { reply, stream } = await this.open('file.read', request);
    const finish = (): Promise<void> => stream.writable.close().catch(ignore);
    if (request.follow !== true) await finish();
    return { info: reply, readable: stream.readable, finish };
  }

  async readFile(path: string): Promise<Uint8Array> {
    return await collect((await this.openFile({ path })).readable);
  }

  async readTextFile(path: string): Promise<string> {
    return new TextDecoder().decode(await this.readFile(path));
  }

  /** Writes a whole file; it appears under its name at once. */
  async writeFile(
    path: string,
    content: Uint8Array | string | ReadableStream<Uint8Array>,
    options: Omit<AgentStreams['file.write']['request'], 'path'> = {},
  ): Promise<void> {
    const { stream } = await this.open('file.write', { ...options, path });
    await send(stream, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  }

  /** A tar of `path`; see `AgentStreams` for the options. */
  async readTar(request: AgentStreams['tar.read']['request']): Promise<ReadableStream<Uint8Array>> {
    const { stream } = await this.open('tar.read', request);
    await stream.writable.close().catch(ignore);
    return stream.readable;
  }

  /** Extracts a tar below `path`. */
  async writeTar(
    request: AgentStreams['tar.write']['request'],
    content: Uint8Array | ReadableStream<Uint8Array>,
  ): Promise<void> {
    const { stream } = await this.open('tar.write', request);
    await send(stream, content);
  }

  async #process<Name extends 'exec' | 'task.exec' | 'task.attach'>(
    op: Name,
    request: AgentStreams[Name]['request'],
  ): Promise<AgentProcess<AgentStreams[Name]['reply']>> {
    const { reply, stream } = await this.open(op, request);
    const writer = stream.writable.getWriter();
    const write = async (frame: Uint8Array): Promise<void> => {
      // What is sent to a program that has just ended is lost, as in a pipe.
      await writer.write(frame).catch(ignore);
    };
    const output = stream.readable.pipeThrough(
      decodeFrames(() => void writer.close().catch(ignore)),
    );
    return {
      reply,
      output,
      stdin: new WritableStream({
        write: (chunk) => write(encodeFrame(FrameType.stdin, chunk)),
        close: () => write(encodeFrame(FrameType.stdinEnd)),
      }),
      resize: (size) => write(resizeFrame(size)),
      signal: (name) => write(signalFrame(name)),
      close: () => writer.abort(new AgentError('EPIPE', 'The host has left.')).catch(ignore),
    };
  }
}

/** Sends everything, then waits for the message that says how it went; stops sending when it is bad news. */
async function send(
  stream: ByteStream,
  content: Uint8Array | ReadableStream<Uint8Array>,
): Promise<void> {
  const stop = new AbortController();
  const source =
    content instanceof Uint8Array
      ? new Blob([content as Uint8Array<ArrayBuffer>]).stream()
      : content;
  const sending = source.pipeTo(stream.writable, { signal: stop.signal });
  sending.catch(ignore);
  for await (const message of readMessages<{ error?: { code: string; message: string } }>(
    stream.readable,
  )) {
    if (message.error === undefined) return await sending;
    const error = AgentError.from(message.error);
    stop.abort(error);
    throw error;
  }
  await sending;
  throw new AgentError('EPIPE', 'The stream ended before the agent said whether it worked.');
}

/** All bytes of a stream in one piece. */
export async function collect(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readable) {
    chunks.push(chunk);
    length += chunk.length;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Reads a program's output to its end; output is decoded as UTF-8. */
export async function finish(program: {
  readonly output: ReadableStream<OutputFrame>;
}): Promise<{ exit: ExitStatus; stdout: string; stderr: string }> {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const texts = { stdout: '', stderr: '' };
  for await (const frame of program.output) {
    if (frame.type === 'exit') return { exit: frame.exit, ...texts };
    texts[frame.type] += decoders[frame.type].decode(frame.bytes, { stream: true });
  }
  throw new AgentError('EPIPE', 'The stream ended before the exit status.');
}
