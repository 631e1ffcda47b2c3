import type { ExitStatus } from '../../api/agent.ts';
import type { AgentProcess } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { OutputFrame } from '../../machine/agent/frames.ts';
import type { OutputChunk, ProcessIo } from '../types.ts';

/** The agent's stream as `ProcessIo`. `exited` settles when the output has been read to its end. */
export function processIo(process: AgentProcess<unknown>): ProcessIo {
  let settle: (exit: ExitStatus) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const exited = new Promise<ExitStatus>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  exited.catch(() => {});
  const reader = process.output.getReader();
  const output = new ReadableStream<OutputChunk>(
    {
      async pull(controller) {
        const next = await read(reader);
        if (next instanceof Error) {
          fail(next);
          controller.error(next);
        } else if (next.type === 'exit') {
          settle(next.exit);
          controller.close();
        } else {
          controller.enqueue({ stream: next.type, bytes: next.bytes });
        }
      },
      cancel: () => process.close(),
    },
    { highWaterMark: 0 },
  );
  return {
    output,
    input: process.stdin,
    exited,
    resize: (size) => process.resize(size),
    signal: (name) => process.signal(name),
    close: () => process.close(),
  };
}

async function read(
  reader: ReadableStreamDefaultReader<OutputFrame>,
): Promise<OutputFrame | Error> {
  try {
    const { value, done } = await reader.read();
    return done ? new AgentError('EPIPE', 'The stream ended before the exit status.') : value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
