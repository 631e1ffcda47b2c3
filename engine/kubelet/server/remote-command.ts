import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import { within, type Clock } from '../../base/clock.ts';
import { hasToken, type TakenOver } from '../../http/index.ts';
import { serveSpdy, type SpdyStream } from '../../http/spdy/spdy-session.ts';
import {
  encodeStatus,
  endable,
  type RemoteCommand,
  type RemoteStreams,
  type StreamOptions,
} from './remote-streams.ts';
import { text } from './responses.ts';
import { channelsOver, isOffered, upgradeToWebSocket } from './websocket-channels.ts';

/** Channels of a WebSocket, with the numbers of file descriptors. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CHANNELS = 5;

const V5 = 'v5.channel.k8s.io';
/** Without a name it is the first version. */
const OLDER = ['v4.channel.k8s.io', 'channel.k8s.io', ''];
const SPDY_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];
/** Milliseconds in which a client of SPDY has to open its streams. */
const STREAM_CREATION_MS = 30_000;
/** Milliseconds in which it has to close the connection when all is said. */
const CLOSE_MS = 30_000;

/**
 * Upgrades a request to exec or attach to WebSocket or SPDY and runs the command on its streams
 * (`cri-streaming/pkg/streaming/remotecommand`).
 */
export async function serveRemoteCommand(
  request: HttpRequest,
  options: StreamOptions,
  clock: Clock,
  command: RemoteCommand,
): Promise<HttpResponse | TakenOver> {
  if (hasToken(request.headers, 'upgrade', 'websocket')) {
    const supported = isOffered(request, V5) ? [V5] : OLDER;
    const answer = await upgradeToWebSocket(request, supported, (messages, protocol) =>
      overWebSocket(messages, protocol, options, clock, command),
    );
    return typeof answer === 'number' ? text(answer, '') : answer;
  }
  return upgradeToSpdy(request, SPDY_PROTOCOLS, (connection, protocol) =>
    overSpdy(connection, protocol, options, clock, command),
  );
}

async function overWebSocket(
  messages: ByteStream,
  protocol: string,
  { stdin, stdout, stderr }: StreamOptions,
  clock: Clock,
  command: RemoteCommand,
): Promise<void> {
  const reads = new Set(stdin ? [STDIN, RESIZE] : [RESIZE]);
  const channels = channelsOver(messages, protocol, CHANNELS, reads);
  const writerOf = (number: number): WritableStreamDefaultWriter<Uint8Array> =>
    new WritableStream<Uint8Array>({
      write: (bytes) => channels.channel(number).write(bytes),
    }).getWriter();
  // Tells the client that the connection stands.
  const first = stdout ? STDOUT : stderr ? STDERR : ERROR;
  await channels.channel(first).write(new Uint8Array(0));
  const isStructured = protocol === V5 || protocol.startsWith('v4.');
  const streams: RemoteStreams = {
    stdin: channels.channel(STDIN).readable,
    stdout: stdout ? writerOf(STDOUT) : undefined,
    stderr: stderr ? writerOf(STDERR) : undefined,
    resize: channels.channel(RESIZE).readable,
    async finish(status) {
      const last = encodeStatus(status, isStructured);
      if (last.length > 0) await channels.channel(ERROR).write(last);
      await channels.close();
    },
  };
  await run(command, streams, channels.gone);
  await goodbye(clock, channels.gone);
}

/** Answers 101, or 403 when client and server have no protocol in common (`httpstream.Handshake`). */
export function upgradeToSpdy(
  request: HttpRequest,
  supported: readonly string[],
  serve: (connection: ByteStream, protocol: string) => Promise<void>,
): HttpResponse | TakenOver {
  const { headers } = request;
  if (!hasToken(headers, 'upgrade', 'spdy/3.1'))
    return text(
      400,
      `unable to upgrade: missing upgrade headers in request: ${JSON.stringify(Object.fromEntries(headers))}\n`,
    );
  const offered = headers.get('x-stream-protocol-version')?.split(/,\s*/) ?? [];
  const protocol = offered.find((name) => supported.includes(name));
  if (offered.length > 0 && protocol === undefined)
    return text(
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`,
      { 'x-accepted-stream-protocol-versions': supported.join(', ') },
    );
  return {
    status: 101,
    headers: new Headers({
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      ...(protocol === undefined ? {} : { 'x-stream-protocol-version': protocol }),
    }),
    takeOver: (connection) => serve(connection, protocol ?? ''),
  };
}

async function overSpdy(
  whole: ByteStream,
  protocol: string,
  options: StreamOptions,
  clock: Clock,
  command: RemoteCommand,
): Promise<void> {
  const version = SPDY_PROTOCOLS.length - SPDY_PROTOCOLS.indexOf(protocol || 'channel.k8s.io');
  const isResized = options.tty && version >= 3;
  const wanted = [options.stdin, options.stdout, options.stderr, isResized].filter(Boolean);
  const streams = new Map<string, SpdyStream>();
  let complete: () => void = () => {};
  const opened = new Promise<void>((resolve) => (complete = resolve));
  const connection = endable(whole);
  const served = serveSpdy(connection, (stream) => {
    streams.set(stream.headers.get('streamtype') ?? '', stream);
    if (streams.size === wanted.length + 1) complete();
  }).catch(() => {});
  const all = await within(clock, STREAM_CREATION_MS, Promise.race([opened, served])).then(
    () => streams.size === wanted.length + 1,
    () => false,
  );
  if (all) {
    await run(command, spdyStreams(streams, version >= 4), served);
    await goodbye(clock, served);
  }
  connection.end();
  await served;
}

function spdyStreams(
  streams: ReadonlyMap<string, SpdyStream>,
  isStructured: boolean,
): RemoteStreams {
  const writerOf = (name: string) => streams.get(name)?.writable.getWriter();
  const [stdout, stderr, error] = ['stdout', 'stderr', 'error'].map(writerOf);
  return {
    stdin: streams.get('stdin')?.readable ?? emptyStream(),
    stdout,
    stderr,
    resize: streams.get('resize')?.readable,
    async finish(status) {
      await Promise.all([stdout, stderr].map((writer) => writer?.close()));
      const last = encodeStatus(status, isStructured);
      if (last.length > 0) await error?.write(last);
      await error?.close();
    },
  };
}

/** The client has still to read; what it has not yet would be lost if the connection went away before it says so. */
export const goodbye = (clock: Clock, gone: Promise<void>): Promise<void> =>
  within(clock, CLOSE_MS, gone).catch(() => {});

const emptyStream = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.close() });

async function run(
  command: RemoteCommand,
  streams: RemoteStreams,
  gone: Promise<void>,
): Promise<void> {
  const left = new AbortController();
  void gone.then(() => left.abort());
  const status = await command(streams, left.signal);
  await streams.finish(status).catch(() => {});
}
