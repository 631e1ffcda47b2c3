import type { ByteStream } from '../../api/byte-stream.ts';
import type { HttpRequest } from '../../api/http-message.ts';
import { webSocketHeaders, webSocketMessages, type TakenOver } from '../../http/index.ts';

/** The first byte of a message that closes the channel which its second byte names. */
const CLOSE = 255;

/** One of the streams inside a WebSocket (`wsstream`): the first byte of each message says whose it is. */
export interface Channel {
  readonly readable: ReadableStream<Uint8Array>;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

export interface Channels {
  readonly protocol: string;
  channel(number: number): Channel;
  /** settles when the client has closed the connection or it broke */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

/** Protocols that a client offers, in its order; one without a name when it offers none. */
function offeredProtocols({ headers }: HttpRequest): readonly string[] {
  const offered = headers.get('sec-websocket-protocol') ?? '';
  return offered.split(',').map((name) => name.trim());
}

export const isOffered = (request: HttpRequest, protocol: string): boolean =>
  offeredProtocols(request).includes(protocol);

/** The answer 101 with the first protocol that is supported, or 403 as Go's `websocket` has it; 400 for what is no WebSocket. */
export async function upgradeToWebSocket(
  request: HttpRequest,
  supported: readonly string[],
  serve: (messages: ByteStream, protocol: string) => Promise<void>,
): Promise<TakenOver | number> {
  const protocol = offeredProtocols(request).find((name) => supported.includes(name));
  if (protocol === undefined) return 403;
  const headers = await webSocketHeaders(request);
  if (headers === undefined) return 400;
  if (protocol !== '') headers.set('sec-websocket-protocol', protocol);
  return {
    status: 101,
    headers,
    takeOver: (connection) => serve(webSocketMessages(connection, { staysOpen: true }), protocol),
  };
}

/** @param count channels that there are; messages for others are dropped. @param reads those that the client may write to */
export function channelsOver(
  messages: ByteStream,
  protocol: string,
  count: number,
  reads: ReadonlySet<number>,
): Channels {
  const pipes = Array.from({ length: count }, () => new TransformStream<Uint8Array, Uint8Array>());
  const inputs = pipes.map(({ writable }) => writable.getWriter());
  const writer = messages.writable.getWriter();
  writer.closed.catch(() => {});
  const closesChannels = protocol === 'v5.channel.k8s.io';
  const end = (number: number): void => void inputs[number]?.close().catch(() => {});
  const receive = async (): Promise<void> => {
    const reader = messages.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const [number = CLOSE, target = CLOSE] = value;
      if (closesChannels && number === CLOSE) end(target);
      else if (value.length > 1 && reads.has(number))
        await inputs[number]?.write(value.subarray(1)).catch(() => {});
    }
  };
  const gone = receive()
    .catch(() => {})
    .then(() => {
      for (let number = 0; number < count; number++) end(number);
    });
  return {
    protocol,
    gone,
    channel: (number) => ({
      readable: pipes[number]?.readable ?? new ReadableStream(),
      async write(bytes) {
        const message = new Uint8Array(bytes.length + 1);
        message[0] = number;
        message.set(bytes, 1);
        await writer.write(message);
      },
    }),
    close: () => writer.close().catch(() => {}),
  };
}
