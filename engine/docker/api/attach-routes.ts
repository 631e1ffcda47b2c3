/** What flows in and out of a container's process: attach, over HTTP's connection or a WebSocket, and logs. */
import type { ByteStream } from '../../api/byte-stream.ts';
import { concatBytes, webSocketHeaders, webSocketMessages } from '../../http/index.ts';
import type { LogEntry } from '../../runtime/types.ts';
import type { SessionOptions } from '../containers/attach-session.ts';
import { containerEvent } from '../containers/context.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { parseDetachKeys } from '../containers/detach-keys.ts';
import { logAttributes } from '../containers/log-attributes.ts';
import { frame } from '../containers/stdcopy.ts';
import { parseTimestamp } from '../../base/go-format.ts';
import { badRequest, conflict } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { outputType } from './later-versions.ts';
import { hijack, stream } from './reply.ts';
import type { Routes } from './router.ts';

const encoder = new TextEncoder();

export function attachRoutes(services: EngineServices): Routes {
  const { context, containers } = services;
  const { records, runtime, clock } = context;
  const record = (request: ApiRequest): ContainerRecord => records.get(request.parameter('name'));

  return {
    'POST /containers/{name*}/attach': (request) => {
      const one = record(request);
      if (runtime.container(one.id).state === 'paused')
        throw conflict(
          `Container ${request.parameter('name')} is paused, unpause the container before attach`,
        );
      const options = {
        stdin: request.flag('stdin') && one.config.OpenStdin,
        stdout: request.flag('stdout'),
        stderr: request.flag('stderr'),
        tty: one.config.Tty,
        closeStdin: one.config.StdinOnce && !one.config.Tty,
        detachKeys: parseDetachKeys(request.text('detachKeys')),
      };
      containerEvent(context, one, 'attach');
      return hijack(request, outputType(request, !one.config.Tty), (connection) =>
        attach(request, one, connection, options),
      );
    },

    'GET /containers/{name*}/attach/ws': async (request) => {
      const one = record(request);
      const headers = await webSocketHeaders(request.http);
      if (headers === undefined) throw badRequest('not websocket protocol');
      // Until 1.42 a client had all streams, whatever it said.
      const wants = (stream: string): boolean => !request.speaks('1.42') || request.flag(stream);
      const options = {
        stdin: wants('stdin') && one.config.OpenStdin,
        stdout: wants('stdout'),
        stderr: wants('stderr'),
        // Output is not in frames: the socket has its own.
        tty: true,
        closeStdin: one.config.StdinOnce && !one.config.Tty,
        detachKeys: parseDetachKeys(request.text('detachKeys')),
      };
      containerEvent(context, one, 'attach');
      return {
        status: 101,
        statusText: 'Switching Protocols',
        headers,
        takeOver: (connection) => attach(request, one, webSocketMessages(connection), options),
      };
    },

    'GET /containers/{name*}/logs': (request) => {
      const one = record(request);
      const stdout = request.flag('stdout');
      const stderr = request.flag('stderr');
      if (!stdout && !stderr)
        throw badRequest('Bad parameters: you must choose at least one stream');
      if (one.hostConfig.LogConfig.Type === 'none')
        throw badRequest('configured logging driver does not support reading');
      const tail = request.text('tail');
      const since = timestamp(request, 'since');
      const until = timestamp(request, 'until');
      const stop = new AbortController();
      const lines = runtime
        .logs(one.id, {
          stdout,
          stderr,
          follow: request.flag('follow'),
          signal: stop.signal,
          ...(/^\d+$/.test(tail) ? { tail: Number(tail) } : {}),
          ...(since === undefined || since === 0 ? {} : { since }),
          ...(until === undefined || until === 0 ? {} : { until }),
        })
        [Symbol.asyncIterator]();
      const shown = {
        time: request.flag('timestamps'),
        details: request.flag('details') ? logAttributes(one) : undefined,
      };
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const next = await lines.next();
            if (next.done === true) controller.close();
            else controller.enqueue(logBytes(next.value, one.config.Tty, shown));
          },
          cancel: () => stop.abort(new Error('the client has gone')),
        },
        { highWaterMark: 0 },
      );
      return stream(body, outputType(request, !one.config.Tty));
    },
  };

  /** With `logs` what was said before, with `stream` what is said from now on. */
  async function attach(
    request: ApiRequest,
    one: ContainerRecord,
    connection: ByteStream,
    options: SessionOptions,
  ): Promise<void> {
    if (request.flag('logs')) {
      const { stdout, stderr } = options;
      const writer = connection.writable.getWriter();
      for await (const entry of runtime.logs(one.id, { stdout, stderr }))
        await writer.write(logBytes(entry, options.tty, { time: false }));
      writer.releaseLock();
    }
    if (request.flag('stream')) await containers.attach(one, connection, options);
    else await connection.writable.close();
  }

  function timestamp(request: ApiRequest, name: string): number | undefined {
    const text = request.text(name);
    if (text === '') return undefined;
    const time = parseTimestamp(text, clock.now());
    if (time === undefined)
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return time;
  }
}

/** Nine decimals, as log lines show times. */
function logTime(time: string): string {
  const [, seconds = time, decimals = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return `${seconds}.${decimals.padEnd(9, '0').slice(0, 9)}Z`;
}

function logBytes(
  entry: LogEntry,
  tty: boolean,
  shown: { readonly time: boolean; readonly details?: string | undefined },
): Uint8Array {
  const before = `${shown.time ? `${logTime(entry.time)} ` : ''}${shown.details === undefined ? '' : `${shown.details} `}`;
  const bytes = before === '' ? entry.bytes : concatBytes(encoder.encode(before), entry.bytes);
  return tty ? bytes : frame(entry.stream, bytes);
}
