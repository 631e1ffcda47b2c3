/** Images as archives: `docker save`, `load` and `import`. */
import { streamOf, type HttpResponse } from '../../http/index.ts';
import type { Image } from '../../runtime/types.ts';
import { importImage } from '../images/import-image.ts';
import { loadImages } from '../images/load-images.ts';
import { saveImages } from '../images/save-images.ts';
import type { ContainerContext } from '../containers/context.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { errorLine, progressStream } from './progress-stream.ts';
import { stream } from './reply.ts';
import type { Routes } from './router.ts';

export function imageArchiveRoutes({ context }: EngineServices): Routes {
  const { runtime, clock } = context;
  const save = async (names: readonly string[]): Promise<HttpResponse> => {
    const { tar, saved } = await saveImages(runtime, names);
    for (const image of saved) tell(context, image, 'save');
    return stream(tar, 'application/x-tar');
  };

  return {
    'GET /images/get': (request) => save(request.query.getAll('names')),
    'GET /images/{name*}/get': (request) => save([request.parameter('name')]),
    'POST /images/load': (request) => {
      const tar = streamOf(request.http.body);
      const quiet = request.flag('quiet', true);
      return progressStream(
        async (write) => {
          try {
            for (const image of await loadImages(runtime, tar, { quiet, clock, write }))
              tell(context, image, 'load');
          } catch (error) {
            // dockerd has answered 200 by then.
            write(errorLine(error));
          }
        },
        () => void tar.cancel().catch(() => {}),
      );
    },
  };
}

/** `POST /images/create` without an image to pull. */
export function importRoute(
  { context }: EngineServices,
  request: ApiRequest,
): Promise<HttpResponse> {
  const { runtime, clock } = context;
  const tar = streamOf(request.http.body);
  const options = {
    source: request.text('fromSrc'),
    repository: request.text('repo'),
    tag: request.text('tag'),
    message: request.text('message'),
    changes: request.query.getAll('changes').filter((line) => line !== ''),
  };
  return progressStream(
    async (write) =>
      tell(context, await importImage(runtime, clock, tar, options, write), 'import'),
    () => void tar.cancel().catch(() => {}),
  );
}

function tell({ events }: ContainerContext, image: Image, action: string): void {
  events.add('image', action, image.id, { ...image.config.config?.Labels, name: image.id });
}
