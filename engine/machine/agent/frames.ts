/** Frames of exec and attach streams: type (1 byte), length (4 bytes, big-endian), payload. */
import type { ExitStatus, FrameType, TerminalSize } from '../../api/agent.ts';
import { FrameType as Type } from '../../api/agent.ts';
import { AgentError } from './agent-error.ts';

const HEADER_BYTES = 5;
/** As the agent has it. */
const MAX_FRAME = 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What the agent sends on such a stream. */
export type OutputFrame =
  | { readonly type: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly type: 'exit'; readonly exit: ExitStatus };

export function encodeFrame(type: FrameType, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = type;
  new DataView(bytes.buffer).setUint32(1, payload.length);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

export const resizeFrame = (size: TerminalSize): Uint8Array =>
  encodeFrame(Type.resize, encoder.encode(JSON.stringify(size)));

export const signalFrame = (signal: string): Uint8Array =>
  encodeFrame(Type.signal, encoder.encode(JSON.stringify({ signal })));

/**
 * Turns the agent's bytes into frames. Output is passed on as it arrives: one frame on the
 * wire may come out as several, with the same bytes in the same order. Calls `onExit` after the
 * exit frame; a stream that ends without one fails with `AgentError` `EPIPE`.
 */
export function decodeFrames(onExit?: () => void): TransformStream<Uint8Array, OutputFrame> {
  let exited = false;
  let header = new Uint8Array(0);
  let type: number = Type.stdout;
  let missing = 0;
  let control: Uint8Array[] = [];

  const takeHeader = (bytes: Uint8Array): Uint8Array => {
    const used = Math.min(HEADER_BYTES - header.length, bytes.length);
    const joined = new Uint8Array(header.length + used);
    joined.set(header);
    joined.set(bytes.subarray(0, used), header.length);
    header = joined;
    if (header.length === HEADER_BYTES) {
      type = header[0] ?? 0;
      missing = new DataView(header.buffer).getUint32(1);
      if (
        (type !== Type.stdout && type !== Type.stderr && type !== Type.exit) ||
        missing > MAX_FRAME
      ) {
        throw new AgentError(
          'EPROTO',
          `The agent sent a frame of type ${type} and ${missing} bytes.`,
        );
      }
    }
    return bytes.subarray(used);
  };

  return new TransformStream<Uint8Array, OutputFrame>(
    {
      transform(chunk, controller) {
        let rest = chunk;
        while (rest.length > 0) {
          if (header.length < HEADER_BYTES) rest = takeHeader(rest);
          if (header.length < HEADER_BYTES) return;
          const payload = rest.subarray(0, missing);
          rest = rest.subarray(payload.length);
          missing -= payload.length;
          if (type === Type.exit) control.push(payload);
          else if (payload.length > 0)
            controller.enqueue({
              type: type === Type.stdout ? 'stdout' : 'stderr',
              bytes: payload,
            });
          if (missing > 0) return;
          header = new Uint8Array(0);
          if (type === Type.exit) {
            controller.enqueue({ type: 'exit', exit: parseExit(control) });
            control = [];
            exited = true;
            onExit?.();
          }
        }
      },
      flush() {
        if (!exited) throw new AgentError('EPIPE', 'The stream ended before the exit status.');
      },
    },
    undefined,
    { highWaterMark: 0 },
  );
}

function parseExit(parts: readonly Uint8Array[]): ExitStatus {
  let text = '';
  for (const part of parts) text += decoder.decode(part, { stream: true });
  return JSON.parse(text + decoder.decode()) as ExitStatus;
}
