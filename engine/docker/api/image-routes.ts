/** `/images/…` and `/commit`. */
import { familiarName, familiarReference, parseReference } from '../../runtime/images/reference.ts';
import type { Image, ImageDeletion, ImageUse } from '../../runtime/types.ts';
import {
  byAge,
  imageCreatedAt,
  imageHistory,
  inspectImage,
  sharedSizes,
  summarizeImage,
} from '../images/describe-image.ts';
import {
  getImage,
  joinReference,
  parsePlatform,
  pullAllTags,
  pullImage,
} from '../images/pull-image.ts';
import { pushImage } from '../images/push-image.ts';
import { commitContainer } from '../images/commit.ts';
import { configSchema } from '../containers/create-body.ts';
import type { ApiRequest } from './api-request.ts';
import { pruneLimit } from './container-routes.ts';
import type { EngineServices } from './engine-services.ts';
import { importRoute } from './image-archive-routes.ts';
import { labelMatches, type Filters } from './filters.ts';
import { laterImage } from './later-versions.ts';
import { empty, json } from './reply.ts';
import { progressStream } from './progress-stream.ts';
import { registryAuth } from './registry-auth.ts';
import type { Routes } from './router.ts';

export function imageRoutes(services: EngineServices): Routes {
  const { context } = services;
  const { runtime, records, clock } = context;
  const { images } = runtime;
  const image = (request: ApiRequest): Image => getImage(images, request.parameter('name'));

  const uses = (): readonly ImageUse[] =>
    records.list().map((record) => {
      const { state } = runtime.container(record.id);
      return {
        image: record.image,
        containerId: record.id,
        running: state === 'running' || state === 'paused',
      };
    });

  return {
    'GET /images/json': (request) => {
      const filters = request
        .filters()
        .allow('dangling', 'label', 'before', 'since', 'reference', 'until');
      const chosen = images
        .list()
        .filter((one) => isListed(one, request.flag('all'), filters))
        .toSorted(byAge);
      const shared = request.flag('shared-size') ? sharedSizes(images.list()) : undefined;
      return json(
        chosen.map((one) =>
          laterImage(summarizeImage(namedLike(one, filters), -1, shared?.get(one.id)), request),
        ),
      );
    },
    'GET /images/{name*}/json': (request) =>
      json(laterImage(inspectImage(image(request)), request)),
    'GET /images/{name*}/history': (request) => json(imageHistory(image(request), images)),

    'POST /images/create': (request) => {
      if (request.text('fromImage') === '') return importRoute(services, request);
      const reference = joinReference(
        request.text('fromImage').replace(/:$/, ''),
        request.text('tag'),
      );
      const { tag, digest } = parseReference(reference);
      const pull = tag === undefined && digest === undefined ? pullAllTags : pullImage;
      const stop = new AbortController();
      const platform = request.text('platform');
      const options = {
        credentials: registryAuth(request.http.headers),
        signal: stop.signal,
        ...(platform === '' ? {} : { platform: parsePlatform(platform) }),
      };
      return progressStream(
        (write) => pull(images, clock, reference, write, options),
        () => stop.abort(new Error('context canceled')),
      );
    },

    'POST /images/{name*}/tag': async (request) => {
      const target = joinReference(request.text('repo'), request.text('tag'));
      getImage(images, request.parameter('name'));
      await images.tag(request.parameter('name'), target);
      return empty(201);
    },
    'POST /images/prune': async (request) => {
      const filters = request.filters().allow('dangling', 'until', 'label', 'label!');
      const danglingOnly = filters.flag('dangling') ?? true;
      const until = pruneLimit(filters.get('until')[0], clock);
      const used = new Set(uses().map((use) => use.image));
      const before = totalSize();
      const deleted: ImageDeletion[] = [];
      // Newest first, so that what was built on an image goes before it.
      for (const one of images.list().toSorted(byAge)) {
        const labels = one.config.config?.Labels ?? {};
        const chosen =
          !used.has(one.id) &&
          (!danglingOnly || one.tags.length === 0) &&
          (one.tags.length > 0 ||
            one.repoDigests.length > 0 ||
            images.children(one.id).length === 0) &&
          imageCreatedAt(one) < until &&
          filters.matchLabels(labels) &&
          !filters.get('label!').some((wanted) => labelMatches(labels, wanted));
        if (chosen && images.find(one.id) !== undefined)
          deleted.push(...(await images.remove(one.id, { force: true, inUse: uses() })));
      }
      const reclaimed = Math.max(0, before - totalSize());
      context.events.add('image', 'prune', '', { reclaimed: String(reclaimed) });
      return json({
        ImagesDeleted: deleted.length === 0 ? null : deletions(deleted),
        SpaceReclaimed: reclaimed,
      });
    },
    'POST /images/{name*}/push': (request) => {
      const reference = joinReference(request.parameter('name'), request.text('tag'));
      parseReference(reference);
      const stop = new AbortController();
      const options = { credentials: registryAuth(request.http.headers), signal: stop.signal };
      return progressStream(
        (write) => pushImage(images, clock, reference, write, options),
        () => stop.abort(new Error('context canceled')),
      );
    },
    'DELETE /images/{name*}': async (request) => {
      const reference = request.parameter('name');
      getImage(images, reference);
      const done = await images.remove(reference, {
        force: request.flag('force'),
        noPrune: request.flag('noprune'),
        inUse: uses(),
      });
      return json(deletions(done));
    },

    'POST /commit': async (request) => {
      const record = records.get(request.text('container'));
      const repository = request.text('repo');
      const config = await request.json(configSchema.nullable());
      const id = await commitContainer(context, record, {
        reference: repository === '' ? undefined : joinReference(repository, request.text('tag')),
        author: request.text('author'),
        comment: request.text('comment'),
        pause: request.flag('pause', true),
        config: config === null || Object.keys(config).length === 0 ? null : config,
        changes: request.query.getAll('changes').filter((line) => line !== ''),
      });
      return json({ Id: id }, 201);
    },
  };

  /** Bytes of all layers, each once. */
  function totalSize(): number {
    const sizes = new Map(
      images
        .list()
        .flatMap(({ layers }) =>
          layers.map(({ diffId, contentSize }) => [diffId, contentSize] as const),
        ),
    );
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  function isListed(one: Image, all: boolean, filters: Filters): boolean {
    const dangling = one.tags.length === 0 && one.repoDigests.length === 0;
    // Steps of a build are images too, but only shown on request.
    if (dangling && !all && images.children(one.id).length > 0) return false;
    const wanted = filters.flag('dangling');
    if (wanted !== undefined && wanted !== dangling) return false;
    const than = (key: string): readonly number[] =>
      filters.get(key).map((reference) => imageCreatedAt(getImage(images, reference)));
    const until = pruneLimit(filters.get('until')[0], clock);
    return (
      imageCreatedAt(one) < until &&
      than('before').every((time) => imageCreatedAt(one) < time) &&
      than('since').every((time) => imageCreatedAt(one) > time) &&
      filters.matchLabels(one.config.config?.Labels) &&
      filters.any('reference', (pattern) => one.tags.some((tag) => matchesReference(tag, pattern)))
    );
  }
}

/** The image with only those of its names that are asked for. */
function namedLike(image: Image, filters: Filters): Image {
  const matches = (name: string): boolean =>
    filters.any('reference', (pattern) => matchesReference(name, pattern));
  return {
    ...image,
    tags: image.tags.filter(matches),
    repoDigests: image.repoDigests.filter(matches),
  };
}

/** `nginx`, `nginx:1.*`, `*:latest`: Go's path.Match over the familiar name, with and without its tag. */
function matchesReference(tag: string, pattern: string): boolean {
  const expression = new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
  const reference = parseReference(tag);
  return expression.test(familiarReference(reference)) || expression.test(familiarName(reference));
}

function deletions(done: readonly ImageDeletion[]): readonly object[] {
  return done.map((one) =>
    'untagged' in one ? { Untagged: one.untagged } : { Deleted: one.deleted },
  );
}
