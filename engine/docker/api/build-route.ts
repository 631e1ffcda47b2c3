/** `POST /build`: the query of the classic builder. */
import { z } from 'zod';
import type { NetworkMode } from '../../runtime/types.ts';
import { BuildError } from '../builder/build-error.ts';
import { buildImage } from '../builder/build-image.ts';
import type { BuildOptions, BuildServices } from '../builder/build-types.ts';
import { completeConfig, completeHostConfig } from '../containers/container-config.ts';
import { generateName } from '../containers/names.ts';
import { pullImage } from '../images/pull-image.ts';
import { ApiError, badRequest } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { json } from './reply.ts';
import { progressStream } from './progress-stream.ts';
import type { Routes } from './router.ts';

export function buildRoutes(services: EngineServices): Routes {
  const { context } = services;
  const { runtime, clock, random } = context;
  const build: BuildServices = {
    runtime,
    clock,
    random,
    pull: (reference, write, options) =>
      pullImage(runtime.images, clock, reference, write, options),
    // The container of a failed step stays, so that one can look into it.
    async keepContainer({ id, image, config }) {
      const name = generateName(
        random,
        (candidate) => context.records.holderOf(candidate) !== undefined,
      );
      await context.records.save({
        id,
        name,
        created: clock.now(),
        image,
        config: {
          ...completeConfig({ Image: image }, { ...config, Cmd: config.Cmd ?? ['/bin/sh'] }, id),
        },
        hostConfig: completeHostConfig({}),
        mounts: [],
        restartCount: 0,
        manuallyStopped: true,
        endpointId: '',
        sandboxId: '',
      });
    },
  };

  return {
    'POST /build': (request) => {
      if (request.text('version') === '2')
        throw badRequest('BuildKit is not available here: this engine has the classic builder');
      if (request.text('remote') !== '')
        throw new ApiError(
          501,
          'Building from a URL is not possible here: the network ends at this page',
        );
      const stop = new AbortController();
      const options: BuildOptions = {
        ...buildOptions(request, networkOf(services, request.text('networkmode'))),
        signal: stop.signal,
      };
      const context = request.http.body ?? emptyStream();
      return progressStream(
        (write) =>
          buildImage(build, context, options, write).catch((error: unknown) =>
            Promise.reject(asApiError(error)),
          ),
        () => stop.abort(new Error('context canceled')),
      );
    },
    'POST /build/prune': () => json({ CachesDeleted: null, SpaceReclaimed: 0 }),
  };
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function asApiError(error: unknown): unknown {
  if (!(error instanceof BuildError)) return error;
  const api = new ApiError(error.code === 'INVALID' ? 400 : 500, error.message, { cause: error });
  return error.exitCode === undefined ? api : Object.assign(api, { exitCode: error.exitCode });
}

function networkOf({ context }: EngineServices, mode: string): NetworkMode {
  if (mode === 'host' || mode === 'none') return { kind: mode };
  const name = mode === '' || mode === 'default' ? 'bridge' : mode;
  if (!context.runtime.networks.some((network) => network.name === name))
    throw new ApiError(404, `network ${name} not found`);
  return { kind: 'bridge', network: name };
}

function jsonParameter<T extends z.ZodType>(
  request: ApiRequest,
  name: string,
  schema: T,
): z.infer<T> | undefined {
  const text = request.text(name);
  if (text === '') return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new ApiError(
      400,
      `error reading ${name}: ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    );
  }
}

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
    resources: {
      ...(request.integer('memory') ? { memory: request.integer('memory') ?? 0 } : {}),
      ...(request.integer('memswap') ? { memorySwap: request.integer('memswap') ?? 0 } : {}),
      ...(request.integer('cpushares') ? { cpuShares: request.integer('cpushares') ?? 0 } : {}),
      ...(request.integer('cpuperiod') ? { cpuPeriod: request.integer('cpuperiod') ?? 0 } : {}),
      ...(request.integer('cpuquota') ? { cpuQuota: request.integer('cpuquota') ?? 0 } : {}),
    },
  };
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined),
  ) as BuildOptions;
}
