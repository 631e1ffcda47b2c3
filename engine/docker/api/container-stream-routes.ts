/** What containers show of themselves while they run, and their files: stats, processes, changes, archives. */
import { streamOf } from '../../http/index.ts';
import { sleep } from '../../base/clock.ts';
import type { TaskStats } from '../../api/agent.ts';
import type { PathStat } from '../../runtime/types.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { badRequest, conflict, notFound } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { empty, json, jsonStream, stream } from './reply.ts';
import type { Routes } from './router.ts';
import { containerEvent } from '../containers/context.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { containerStats, emptyStats } from '../containers/stats.ts';
import { listProcesses } from '../containers/top.ts';

const STATS_INTERVAL_MS = 1000;
const encoder = new TextEncoder();

export function containerStreamRoutes(services: EngineServices): Routes {
  const { context, guest } = services;
  const { records, runtime, clock } = context;
  const record = (request: ApiRequest): ContainerRecord => records.get(request.parameter('name'));

  return {
    'GET /containers/{name*}/stats': async (request) => {
      const one = record(request);
      const { memory } = await guest.call('stats', {});
      const of = {
        id: one.id,
        name: one.name,
        machineMemory: memory.total,
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

    'GET /containers/{name*}/top': async (request) => {
      const one = record(request);
      services.containers.checkNotRestarting(one);
      if (!isUp(one.id)) throw conflict(`Container ${one.id} is not running`);
      const list = await listProcesses(
        guest,
        await runtime.pids(one.id),
        request.text('ps_args') || '-ef',
      );
      containerEvent(context, one, 'top');
      return json(list);
    },

    'GET /containers/{name*}/changes': async (request) => {
      const changes = await runtime.changes(record(request).id);
      return json(
        changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: kind })),
      );
    },

    'GET /containers/{name*}/export': async (request) => {
      const one = record(request);
      const tar = await runtime.exportContainer(one.id);
      containerEvent(context, one, 'export');
      return stream(tar, 'application/octet-stream');
    },

    'HEAD /containers/{name*}/archive': async (request) => {
      const { id } = record(request);
      const path = archivePath(request);
      return empty(200, statHeader(await found(request, runtime.statPath(id, path))));
    },
    'GET /containers/{name*}/archive': async (request) => {
      const one = record(request);
      const { stat, tar } = await found(request, runtime.readArchive(one.id, archivePath(request)));
      containerEvent(context, one, 'archive-path');
      return {
        status: 200,
        headers: new Headers({ 'content-type': 'application/x-tar', ...statHeader(stat) }),
        body: tar,
      };
    },
    'PUT /containers/{name*}/archive': async (request) => {
      const one = record(request);
      const path = archivePath(request);
      const tar = streamOf(request.http.body);
      const options = {
        noOverwriteDirNonDir: request.flag('noOverwriteDirNonDir'),
        copyOwner: request.flag('copyUIDGID'),
      };
      await found(request, runtime.writeArchive(one.id, path, tar, options));
      containerEvent(context, one, 'extract-to-dir');
      return empty(200);
    },
  };

  function isUp(id: string): boolean {
    const { state } = runtime.container(id);
    return state === 'running' || state === 'paused';
  }
}

/** What is not there is told of the container as the client named it. */
async function found<T>(request: ApiRequest, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof RuntimeError && error.code === 'NOT_FOUND')) throw error;
    const name = request.parameter('name');
    throw notFound(`Could not find the file ${archivePath(request)} in container ${name}`);
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
