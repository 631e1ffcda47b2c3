/** `/containers/…`: create, list, inspect and everything that changes a container's life. */
import type { Clock } from '../../base/clock.ts';
import { badRequest, notFound } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { knownTo } from './earlier-versions.ts';
import { labelMatches } from './filters.ts';
import { laterContainer } from './later-versions.ts';
import { empty, json, jsonLine, stream } from './reply.ts';
import type { Routes } from './router.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import type { StopOptions, WaitCondition } from '../containers/containers.ts';
import { createContainer } from '../containers/create-container.ts';
import { createBodySchema, hostConfigSchema } from '../containers/create-body.ts';
import { describe, inspectContainer, summarizeContainer } from '../containers/describe.ts';
import { directorySize, selectContainers } from '../containers/list.ts';
import { parseTimestamp } from '../../base/go-format.ts';

const NO_CONTENT = 204;

export function containerRoutes(services: EngineServices): Routes {
  const { context, containers, execs, guest } = services;
  const { records, clock, runtime } = context;
  const record = (request: ApiRequest): ContainerRecord => records.get(request.parameter('name'));
  const described = (one: ContainerRecord) => describe(context, containers, one);

  return {
    'POST /containers/create': async (request) => {
      const body = await request.json(createBodySchema);
      const { record: created, warnings } = await createContainer(context, {
        name: request.text('name'),
        body: knownTo(request, body),
        networks: request.speaks('1.44') ? 'many' : 'one',
      });
      return json({ Id: created.id, Warnings: warnings }, 201);
    },

    'GET /containers/json': async (request) => {
      const now = clock.now();
      const list = selectContainers(context, containers, request).map((one) => ({
        one,
        summary: summarizeContainer(context, one, now),
      }));
      if (!request.flag('size')) return json(list.map(({ summary }) => summary));
      const sized = await Promise.all(
        list.map(async ({ one, summary }) => ({
          ...summary,
          SizeRw: await directorySize(guest, one.container.paths.upper),
          SizeRootFs: await rootSize(one.record),
        })),
      );
      return json(sized);
    },

    'GET /containers/{name*}/json': async (request) => {
      const one = record(request);
      const inspected = laterContainer(
        inspectContainer(context, described(one), execs.idsOf(one.id)),
        request,
      );
      if (!request.flag('size')) return json(inspected);
      return json({
        ...inspected,
        SizeRw: await directorySize(guest, runtime.container(one.id).paths.upper),
        SizeRootFs: await rootSize(one),
      });
    },

    'POST /containers/{name*}/start': async (request) => {
      await containers.start(record(request));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/stop': async (request) => {
      await containers.stop(record(request), stopOptions(request));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/restart': async (request) => {
      await containers.restart(record(request), stopOptions(request));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/kill': async (request) => {
      await containers.kill(record(request), request.text('signal'));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/pause': async (request) => {
      await containers.pause(record(request));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/unpause': async (request) => {
      await containers.unpause(record(request));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/rename': async (request) => {
      await containers.rename(record(request), request.text('name'));
      return empty(NO_CONTENT);
    },
    'POST /containers/{name*}/resize': async (request) => {
      await containers.resize(record(request), sizeOf(request));
      return empty(200);
    },
    'POST /containers/{name*}/update': async (request) => {
      const one = record(request);
      const warnings = await containers.update(one, await request.json(hostConfigSchema));
      return json({ Warnings: warnings.length === 0 ? null : warnings });
    },
    'POST /containers/{name*}/wait': (request) => {
      const one = record(request);
      const condition = waitCondition(request.text('condition'));
      const exited = containers.wait(one, condition, request.http.signal);
      // The head goes at once: the client starts the container only after it.
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          try {
            controller.enqueue(jsonLine({ Error: null, StatusCode: await exited }));
            controller.close();
          } catch (error) {
            controller.error(error);
          }
        },
      });
      return stream(body, 'application/json');
    },
    'DELETE /containers/{name*}': async (request) => {
      const one = record(request);
      if (request.flag('link')) await containers.removeLink(one, request.parameter('name'));
      else
        await containers.remove(one, { force: request.flag('force'), volumes: request.flag('v') });
      return empty(NO_CONTENT);
    },

    'POST /containers/prune': async (request) => {
      const filters = request.filters().allow('until', 'label', 'label!');
      const until = pruneLimit(filters.get('until')[0], clock);
      const deleted: string[] = [];
      let reclaimed = 0;
      for (const one of records.list()) {
        const { status, container } = described(one);
        const labels = one.config.Labels;
        const chosen =
          (status === 'created' || status === 'exited') &&
          one.created < until &&
          filters.matchLabels(labels) &&
          !filters.get('label!').some((wanted) => labelMatches(labels, wanted));
        if (!chosen) continue;
        reclaimed += await directorySize(guest, container.paths.upper);
        await containers.remove(one, { force: false, volumes: false });
        deleted.push(one.id);
      }
      context.events.add('container', 'prune', '', { reclaimed: String(reclaimed) });
      return json({
        ContainersDeleted: deleted.length === 0 ? null : deleted,
        SpaceReclaimed: reclaimed,
      });
    },
  };

  async function rootSize(one: ContainerRecord): Promise<number> {
    const upper = await directorySize(guest, runtime.container(one.id).paths.upper);
    return (runtime.images.find(one.image)?.size ?? 0) + upper;
  }
}

function stopOptions(request: ApiRequest): StopOptions {
  const timeout = request.integer('t');
  const signal = request.speaks('1.42') ? request.text('signal') : '';
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(signal === '' ? {} : { signal }),
  };
}

export function sizeOf(request: ApiRequest): { rows: number; cols: number } {
  const rows = request.integer('h');
  const cols = request.integer('w');
  if (rows === undefined || cols === undefined)
    throw badRequest('strconv.Atoi: parsing "": invalid syntax');
  return { rows, cols };
}

function waitCondition(text: string): WaitCondition {
  if (text === '' || text === 'not-running') return 'not-running';
  if (text === 'next-exit' || text === 'removed') return text;
  throw badRequest(`invalid condition: ${JSON.stringify(text)}`);
}

/** UNIX milliseconds; the end of time when absent. */
export function pruneLimit(until: string | undefined, clock: Clock): number {
  if (until === undefined) return Number.POSITIVE_INFINITY;
  const time = parseTimestamp(until, clock.now());
  if (time === undefined)
    throw notFound(`failed to parse value as time or duration: ${JSON.stringify(until)}`);
  return time;
}
