import type { ByteStream } from '../../api/byte-stream.ts';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { hasToken, type TakenOver } from '../../http/index.ts';
import { serveSpdy, type SpdyStream } from '../../http/spdy/spdy-session.ts';
import { goodbye, upgradeToSpdy } from './remote-command.ts';
import { AnswerError, text } from './responses.ts';
import { channelsOver, isOffered, upgradeToWebSocket } from './websocket-channels.ts';

const PROTOCOL = 'portforward.k8s.io';
const TUNNEL = `SPDY/3.1+${PROTOCOL}`;
const CHANNELS = ['v4.channel.k8s.io', ''];

/** A Pod whose ports are reached. */
export interface ForwardTarget {
  readonly sandboxId: string;
  readonly clock: Clock;
  connect(port: number): Promise<ByteStream>;
}

/** Upgrades a request to SPDY, to SPDY inside a WebSocket, or to a WebSocket with two channels for each port. Throws `AnswerError`. */
export async function servePortForward(
  request: HttpRequest,
  target: ForwardTarget,
): Promise<HttpResponse | TakenOver> {
  if (!hasToken(request.headers, 'upgrade', 'websocket'))
    return upgradeToSpdy(request, [PROTOCOL], (connection) => overSpdy(connection, target));
  const isTunnel = isOffered(request, TUNNEL);
  const ports = isTunnel ? [] : portsOf(request);
  const answer = await upgradeToWebSocket(
    request,
    isTunnel ? [TUNNEL] : CHANNELS,
    (messages, protocol) =>
      // Messages are just bytes to SPDY.
      isTunnel ? overSpdy(messages, target) : overChannels(messages, protocol, ports, target),
  );
  return typeof answer === 'number' ? text(answer, '') : answer;
}

function portsOf({ url }: HttpRequest): readonly number[] {
  const given = new URL(url).searchParams.getAll('port');
  if (given.length === 0) throw new AnswerError(400, 'query parameter "port" is required');
  return given.flatMap((list) => {
    if (list === '') throw new AnswerError(400, 'query parameter "port" cannot be empty');
    return list.split(',').map((word) => {
      const port = Number(word);
      if (!/^\d+$/.test(word) || port > 65_535)
        throw new AnswerError(400, `unable to parse ${JSON.stringify(list)} as a port`);
      if (port < 1) throw new AnswerError(400, `port ${JSON.stringify(list)} must be > 0`);
      return port;
    });
  });
}

/** Each connection of the client's is a stream of data and one that says what went wrong, with the same `requestid`. */
async function overSpdy(connection: ByteStream, target: ForwardTarget): Promise<void> {
  const waiting = new Map<string, SpdyStream>();
  await serveSpdy(connection, (stream) => {
    const { headers } = stream;
    const type = headers.get('streamtype') ?? '';
    const port = Number(headers.get('port'));
    const isKnown = type === 'data' || type === 'error';
    if (!isKnown || !Number.isInteger(port) || port < 1 || port > 65_535)
      return void stream.writable.abort().catch(() => {});
    const id = headers.get('requestid') ?? String(port);
    const other = waiting.get(id);
    if (other === undefined || other.headers.get('streamtype') === type)
      return void waiting.set(id, stream);
    waiting.delete(id);
    const [data, failure] = type === 'data' ? [stream, other] : [other, stream];
    void forward(data, failure, port, target).catch(() => {});
  });
}

async function forward(
  data: SpdyStream,
  failure: SpdyStream,
  port: number,
  target: ForwardTarget,
): Promise<void> {
  const writer = failure.writable.getWriter();
  try {
    await join(data, port, target);
    await writer.close();
  } catch (error) {
    await writer.write(describe(error, port, target));
    await writer.close();
    await data.writable.abort(error).catch(() => {});
  }
}

const describe = (error: unknown, port: number, { sandboxId }: ForwardTarget): Uint8Array =>
  new TextEncoder().encode(
    `error forwarding port ${port} to pod ${sandboxId}, uid : ${messageOf(error)}`,
  );

/** Until the Pod's end has closed the connection. */
async function join(client: ByteStream, port: number, target: ForwardTarget): Promise<void> {
  const pod = await target.connect(port);
  const writer = pod.writable.getWriter();
  let isOpen = true;
  const send = async (): Promise<void> => {
    const reader = client.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return writer.close();
      // What comes too late is read nevertheless: it would hold up the other streams of the connection.
      if (isOpen) await writer.write(value).catch(() => (isOpen = false));
    }
  };
  void send().catch((error: unknown) => writer.abort(error).catch(() => {}));
  try {
    await pod.readable.pipeTo(client.writable);
  } finally {
    isOpen = false;
    await writer.close().catch(() => {});
  }
}

/** Two channels for each port, on which its number comes first, in little-endian. */
async function overChannels(
  messages: ByteStream,
  protocol: string,
  ports: readonly number[],
  target: ForwardTarget,
): Promise<void> {
  const reads = new Set(ports.map((_port, index) => index * 2));
  const channels = channelsOver(messages, protocol, ports.length * 2, reads);
  for (const [index, port] of ports.entries()) {
    const number = Uint8Array.of(port & 0xff, port >> 8);
    await channels.channel(index * 2).write(number);
    await channels.channel(index * 2 + 1).write(number);
  }
  const work = ports.map(async (port, index) => {
    const data = channels.channel(index * 2);
    const failure = channels.channel(index * 2 + 1);
    const writable = new WritableStream<Uint8Array>({ write: (bytes) => data.write(bytes) });
    try {
      await join({ readable: data.readable, writable }, port, target);
    } catch (error) {
      await failure.write(describe(error, port, target));
    }
  });
  await Promise.race([Promise.allSettled(work), channels.gone]);
  await channels.close();
  await goodbye(target.clock, channels.gone);
}
