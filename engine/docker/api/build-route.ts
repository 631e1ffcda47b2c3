/** `POST /build`: the query of the classic builder. */
import { streamOf } from '../../http/index.ts';
import { z } from 'zod';
import type { NetworkMode } from '../../runtime/types.ts';
import { BuildError } from '../builder/build-error.ts';
import type { BuildOptions } from '../builder/build-types.ts';
import { startBuild } from '../builder/start-build.ts';
import { ApiError, badRequest, toApiError } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { json } from './reply.ts';
import { progressStream } from './progress-stream.ts';
import type { Routes } from './router.ts';

export function buildRoutes(services: EngineServices): Routes {
  return {
    'POST /build': (request) => {
      if (request.text('version') === '2')
        throw badRequest('BuildKit is not available here: this engine has the classic builder');
      if (request.text('remote') !== '')
        throw new ApiError(
          501,
          'Building from a URL is not possible here: the network ends at this page',
        );
      if (request.flag('squash'))
        throw badRequest('squash is only supported with experimental mode');
      if (request.text('securityopt') !== '' && request.text('securityopt') !== 'null')
        throw badRequest(
          'The daemon on this platform does not support setting security options on build',
        );
      const stop = new AbortController();
      const options: BuildOptions = {
        ...buildOptions(request, networkOf(services, request.text('networkmode'))),
        signal: stop.signal,
      };
      const context = streamOf(request.http.body);
      return progressStream(
        (write) =>
          startBuild(services, context, options, write).catch((error: unknown) =>
            Promise.reject(asApiError(error)),
          ),
        () => stop.abort(new Error('context canceled')),
      );
    },
    'POST /build/prune': () => json({ CachesDeleted: null, SpaceReclaimed: 0 }),
  };
}

function asApiError(error: unknown): unknown {
  // The exit status of a start that failed is none of a RUN step's.
  if (!(error instanceof BuildError)) return toApiError(error);
  const api = new ApiError(error.code === 'INVALID' ? 400 : 500, error.message, { cause: error });
  return error.exitCode === undefined ? api : Object.assign(api, { exitCode: error.exitCode });
}

function networkOf({ context }: EngineServices, mode: string): NetworkMode {
  if (mode === 'host' || mode === 'none') return { kind: mode };
  const name = mode === '' || mode === 'default' ? 'bridge' : mode;
  return { kind: 'bridge', endpoints: [{ network: context.networks.get(name).id }] };
}

function jsonParameter<T extends z.ZodType>(
  request: ApiRequest,
  name: string,
  schema: T,
): z.infer<T> | undefined {
  const text = request.text(name);
  if (text === '') return undefined;
  try {
    // Debian's client sends null for a list that it does not have.
    return schema.nullable().parse(JSON.parse(text)) ?? undefined;
  } catch (error) {
    throw new ApiError(
      400,
      `error reading ${name}: ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    );
  }
}

const ulimits = z.array(z.looseObject({ Name: z.string(), Soft: z.number(), Hard: z.number() }));

function buildOptions(request: ApiRequest, network: NetworkMode): BuildOptions {
  const entries: { [Name in keyof BuildOptions]: BuildOptions[Name] | undefined } = {
    tags: request.query.getAll('t').filter((tag) => tag !== ''),
    dockerfile: request.text('dockerfile') || undefined,
    buildArgs: jsonParameter(request, 'buildargs', z.record(z.string(), z.string().nullable())),
    labels: jsonParameter(request, 'labels', z.record(z.string(), z.string())),
    target: request.text('target') || undefined,
    noCache: request.flag('nocache'),
    pull: request.flag('pull'),
    remove: request.flag('rm', true),
    forceRemove: request.flag('forcerm'),
    quiet: request.flag('q'),
    platform: request.text('platform') || undefined,
    network,
    extraHosts:
      request.text('extrahosts') === '' ? undefined : request.text('extrahosts').split(','),
    shmSize: request.integer('shmsize') || undefined,
    cgroupParent: request.text('cgroupparent') || undefined,
    ulimits: jsonParameter(request, 'ulimits', ulimits)?.map(({ Name, Soft, Hard }) => ({
      name: Name,
      soft: Soft,
      hard: Hard,
    })),
    cacheFrom: jsonParameter(request, 'cachefrom', z.array(z.string())),
    resources: {
      ...(request.integer('memory') ? { memory: request.integer('memory') ?? 0 } : {}),
      ...(request.integer('memswap') ? { memorySwap: request.integer('memswap') ?? 0 } : {}),
      ...(request.integer('cpushares') ? { cpuShares: request.integer('cpushares') ?? 0 } : {}),
      ...(request.integer('cpuperiod') ? { cpuPeriod: request.integer('cpuperiod') ?? 0 } : {}),
      ...(request.text('cpusetcpus') === '' ? {} : { cpusetCpus: request.text('cpusetcpus') }),
      ...(request.text('cpusetmems') === '' ? {} : { cpusetMems: request.text('cpusetmems') }),
      ...(request.integer('cpuquota') ? { cpuQuota: request.integer('cpuquota') ?? 0 } : {}),
    },
  };
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined),
  ) as BuildOptions;
}
