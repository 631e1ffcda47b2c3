import { messageOf } from '../../base/message-of.ts';
import type { ProcessIo } from '../../runtime/types.ts';
import {
  exitFailure,
  internalFailure,
  readSizes,
  SUCCESS,
  type RemoteCommand,
  type RemoteStreams,
} from './remote-streams.ts';

/** A command that is executed in a container. @param start throws what the runtime says */
export function execCommand(
  command: readonly string[],
  options: { readonly stdin: boolean },
  start: () => Promise<ProcessIo>,
): RemoteCommand {
  return async (streams, signal) => {
    try {
      const io = await start();
      await connect(io, streams, { ...options, closesInput: true }, signal);
      const { code } = await io.exited;
      return code === 0 ? SUCCESS : exitFailure(command, code);
    } catch (error) {
      return internalFailure(`error executing command in container: ${messageOf(error)}`);
    }
  };
}

/** The input and output of a container's main process. @param options.closesInput the end of the client's input is the end of the container's */
export function attachCommand(
  options: { readonly stdin: boolean; readonly closesInput: boolean },
  start: () => Promise<ProcessIo>,
): RemoteCommand {
  return async (streams, signal) => {
    try {
      await connect(await start(), streams, options, signal);
      return SUCCESS;
    } catch (error) {
      return internalFailure(`error attaching to container: ${messageOf(error)}`);
    }
  };
}

/** Until the process has ended and its output was sent, or the client is gone. */
async function connect(
  io: ProcessIo,
  { stdin, stdout, stderr, resize }: RemoteStreams,
  options: { readonly stdin: boolean; readonly closesInput: boolean },
  signal: AbortSignal,
): Promise<void> {
  const output = io.output.getReader();
  const leave = (): void => void io.close().catch(() => {});
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  if (options.stdin) {
    const copied = stdin.pipeTo(io.input, { preventClose: !options.closesInput });
    // A program that reads no more of its input goes on.
    copied.catch(() => {});
  }
  if (resize !== undefined)
    void readSizes(resize, (size) => void io.resize(size).catch(() => {})).catch(() => {});
  try {
    for (;;) {
      const { done, value } = await output.read();
      if (done) return;
      await (value.stream === 'stdout' ? stdout : stderr)?.write(value.bytes);
    }
  } finally {
    signal.removeEventListener('abort', leave);
    await output.cancel().catch(() => {});
  }
}
