/** What flows in and out of containers: attach, logs, stats, processes, files, changes. */
import { sleep } from '../../base/clock.ts';
import type { TaskStats } from '../../api/agent.ts';
import type { LogEntry, PathStat } from '../../runtime/types.ts';
import { badRequest, conflict } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { empty, hijack, json, jsonStream, stream } from './reply.ts';
import type { Routes } from './router.ts';
import { containerEvent } from '../containers/context.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { parseDetachKeys } from '../containers/detach-keys.ts';
import { containerStats, emptyStats } from '../containers/stats.ts';
import { frame } from '../containers/stdcopy.ts';
import { listProcesses } from '../containers/top.ts';
import { parseTimestamp } from '../go-format.ts';

const STATS_INTERVAL_MS = 1000;
const RAW_STREAM = 'application/vnd.docker.raw-stream';
const encoder = new TextEncoder();

export function containerStreamRoutes(services: EngineServices): Routes {
  const { context, containers, guest } = services;
  const { records, runtime, clock } = context;
  const record = (request: ApiRequest): ContainerRecord => records.get(request.parameter('name'));

  return {
    'POST /containers/{name}/attach': (request) => {
      const one = record(request);
      if (runtime.container(one.id).state === 'paused')
        throw conflict(`Container ${one.id} is paused, unpause the container before attach`);
      const options = {
        stdin: request.flag('stdin') && one.config.OpenStdin,
        stdout: request.flag('stdout'),
        stderr: request.flag('stderr'),
        tty: one.config.Tty,
        closeStdin: one.config.StdinOnce && !one.config.Tty,
        detachKeys: parseDetachKeys(request.text('detachKeys')),
      };
      containerEvent(context, one, 'attach');
      return hijack(request, async (connection) => {
        if (request.flag('logs')) {
          const writer = connection.writable.getWriter();
          for await (const entry of runtime.logs(one.id, {
            stdout: options.stdout,
            stderr: options.stderr,
          }))
            await writer.write(logBytes(entry, one.config.Tty, false));
          writer.releaseLock();
        }
        if (request.flag('stream')) await containers.attach(one, connection, options);
        else await connection.writable.close();
      });
    },

    'GET /containers/{name}/logs': (request) => {
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
      const withTime = request.flag('timestamps');
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const next = await lines.next();
            if (next.done === true) controller.close();
            else controller.enqueue(logBytes(next.value, one.config.Tty, withTime));
          },
          cancel: () => stop.abort(new Error('the client has gone')),
        },
        { highWaterMark: 0 },
      );
      return stream(body, RAW_STREAM);
    },

    'GET /containers/{name}/stats': async (request) => {
      const one = record(request);
      const { memory } = await guest.call('stats', {});
      const of = {
        id: one.id,
        name: one.name,
        machineMemory: memory.total,
        hasNetwork: one.hostConfig.NetworkMode !== 'host' && one.hostConfig.NetworkMode !== 'none',
      };
      const read = async (): Promise<TaskStats | undefined> =>
        isUp(one.id) ? runtime.stats(one.id).catch(() => undefined) : undefined;
      const first = await read();
      if (!request.flag('stream', true)) {
        if (first === undefined) return json(emptyStats(of));
        if (request.flag('one-shot')) return json(containerStats(of, first, undefined));
        await sleep(clock, STATS_INTERVAL_MS, request.http.signal);
        const second = await read();
        return json(second === undefined ? emptyStats(of) : containerStats(of, second, first));
      }
      const signal = request.http.signal;
      return jsonStream(
        (async function* readings() {
          let before = first;
          yield first === undefined ? emptyStats(of) : containerStats(of, first, undefined);
          while (signal?.aborted !== true && records.find(one.id) !== undefined) {
            await sleep(clock, STATS_INTERVAL_MS, signal);
            const now = await read();
            yield now === undefined ? emptyStats(of) : containerStats(of, now, before);
            before = now;
          }
        })(),
      );
    },

    'GET /containers/{name}/top': async (request) => {
      const one = record(request);
      if (!isUp(one.id)) throw conflict(`Container ${one.id} is not running`);
      const list = await listProcesses(
        guest,
        await runtime.pids(one.id),
        request.text('ps_args') || '-ef',
      );
      containerEvent(context, one, 'top');
      return json(list);
    },

    'GET /containers/{name}/changes': async (request) => {
      const changes = await runtime.changes(record(request).id);
      return json(
        changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: kind })),
      );
    },

    'GET /containers/{name}/export': async (request) => {
      const one = record(request);
      const { tar } = await runtime.readArchive(one.id, '/');
      containerEvent(context, one, 'export');
      return stream(tar, 'application/octet-stream');
    },

    'HEAD /containers/{name}/archive': async (request) =>
      empty(200, statHeader(await runtime.statPath(record(request).id, archivePath(request)))),
    'GET /containers/{name}/archive': async (request) => {
      const one = record(request);
      const { stat, tar } = await runtime.readArchive(one.id, archivePath(request));
      containerEvent(context, one, 'archive-path');
      return {
        status: 200,
        headers: new Headers({ 'content-type': 'application/x-tar', ...statHeader(stat) }),
        body: tar,
      };
    },
    'PUT /containers/{name}/archive': async (request) => {
      const one = record(request);
      const path = archivePath(request);
      const tar = request.http.body ?? new Blob([]).stream();
      const { readOnly } = { readOnly: one.hostConfig.ReadonlyRootfs };
      if (readOnly && !one.mounts.some(({ RW, Destination }) => RW && path.startsWith(Destination)))
        throw badRequest('container rootfs is marked read-only');
      await runtime.writeArchive(one.id, path, tar, {
        noOverwriteDirNonDir: request.flag('noOverwriteDirNonDir'),
        copyOwner: request.flag('copyUIDGID'),
      });
      containerEvent(context, one, 'extract-to-dir');
      return empty(200);
    },
  };

  function isUp(id: string): boolean {
    const { state } = runtime.container(id);
    return state === 'running' || state === 'paused';
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

function archivePath(request: ApiRequest): string {
  const path = request.text('path');
  if (path === '') throw badRequest('bad parameter: path is empty');
  return path;
}

function statHeader(stat: PathStat): Record<string, string> {
  const text = JSON.stringify({
    name: stat.name,
    size: stat.size,
    mode: stat.mode,
    mtime: stat.mtime,
    linkTarget: stat.linkTarget,
  });
  const bytes = encoder.encode(text);
  return { 'x-docker-container-path-stat': btoa(String.fromCharCode(...bytes)) };
}

/** Nine decimals, as log lines show times. */
function logTime(time: string): string {
  const [, seconds = time, decimals = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return `${seconds}.${decimals.padEnd(9, '0').slice(0, 9)}Z`;
}

function logBytes(entry: LogEntry, tty: boolean, withTime: boolean): Uint8Array {
  let { bytes } = entry;
  if (withTime) {
    const prefix = encoder.encode(`${logTime(entry.time)} `);
    const joined = new Uint8Array(prefix.length + bytes.length);
    joined.set(prefix);
    joined.set(bytes, prefix.length);
    bytes = joined;
  }
  return tty ? bytes : frame(entry.stream, bytes);
}
