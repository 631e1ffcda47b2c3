import { within, type Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { OutputChunk, ProcessIo, Runtime } from '../types.ts';
import type { PodContainers } from './pod-containers.ts';
import type { PodSandboxes } from './pod-sandboxes.ts';
import { CriError, type CriExec } from './types.ts';

/** containerd's bound for what ExecSync collects, in bytes for each stream. */
const LARGEST_OUTPUT = 16 * 1024 * 1024;

export interface PodProcessesOptions {
  readonly runtime: Runtime;
  readonly agent: AgentClient;
  readonly containers: PodContainers;
  readonly sandboxes: PodSandboxes;
  readonly clock: Clock;
}

/** Programs and connections in running Pods. */
export class PodProcesses {
  readonly #options: PodProcessesOptions;

  constructor(options: PodProcessesOptions) {
    this.#options = options;
  }

  async execSync(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
    const { clock } = this.#options;
    const io = await this.#start(id, { command, stdin: false, stdout: true, stderr: true });
    const ended = collect(io);
    if (timeoutSeconds <= 0) return ended;
    try {
      return await within(clock, timeoutSeconds * 1000, ended);
    } catch (error) {
      ended.catch(() => {});
      await io.signal('SIGKILL');
      await io.close();
      throw new CriError(
        'DEADLINE_EXCEEDED',
        `failed to exec in container: timeout ${timeoutSeconds}s exceeded: context deadline exceeded`,
        { cause: error },
      );
    }
  }

  async exec(id: string, request: CriExec): Promise<ProcessIo> {
    const io = await this.#start(id, request);
    const { stdout, stderr } = request;
    return stdout && stderr ? io : { ...io, output: io.output.pipeThrough(only(stdout, stderr)) };
  }

  async attach(id: string, { stdin }: { readonly stdin: boolean }): Promise<ProcessIo> {
    const { runtime, containers } = this.#options;
    const { config } = containers.running(id, '');
    const io = await runtime.attach(id, { stdin });
    if (config.stdinOnce || !stdin) return io;
    // Its input stays open for whoever attaches next.
    const writer = io.input.getWriter();
    return { ...io, input: new WritableStream({ write: (chunk) => writer.write(chunk) }) };
  }

  async portForward(podSandboxId: string, port: number): Promise<ByteStream> {
    const { agent, sandboxes } = this.#options;
    if (sandboxes.status(podSandboxId).state !== 'SANDBOX_READY')
      throw new CriError('UNKNOWN', `sandbox container "${podSandboxId}" is not running`);
    try {
      return await agent.dial({
        network: 'tcp',
        address: `127.0.0.1:${port}`,
        sandbox: podSandboxId,
      });
    } catch (error) {
      throw new CriError(
        'UNKNOWN',
        `failed to connect to localhost:${port} inside namespace "${podSandboxId}", IPv4: ${messageOf(error).replace('dial tcp ', 'dial tcp4 ')}`,
        { cause: error },
      );
    }
  }

  async #start(id: string, { command, stdin, tty }: CriExec): Promise<ProcessIo> {
    const { runtime, containers } = this.#options;
    containers.running(id, 'failed to exec in container: ');
    try {
      const io = await runtime.exec(id, {
        args: command,
        ...(tty === undefined ? {} : { tty }),
      });
      if (!stdin) await io.input.close();
      return io;
    } catch (error) {
      const isRefused = error instanceof AgentError && error.code === 'ETASK';
      const text = isRefused
        ? `failed to start exec: OCI runtime exec failed: exec failed: ${error.message}: unknown`
        : messageOf(error);
      throw new CriError('UNKNOWN', `failed to exec in container: ${text}`, { cause: error });
    }
  }
}

async function collect(io: ProcessIo): Promise<{
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}> {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const texts = { stdout: '', stderr: '' };
  const lengths = { stdout: 0, stderr: 0 };
  for await (const { stream, bytes } of io.output) {
    const room = LARGEST_OUTPUT - lengths[stream];
    lengths[stream] += bytes.length;
    if (room > 0)
      texts[stream] += decoders[stream].decode(bytes.subarray(0, room), { stream: true });
  }
  return { ...texts, exitCode: (await io.exited).code };
}

function only(stdout: boolean, stderr: boolean): TransformStream<OutputChunk, OutputChunk> {
  return new TransformStream({
    transform(chunk, controller) {
      if (chunk.stream === 'stdout' ? stdout : stderr) controller.enqueue(chunk);
    },
  });
}
