import { z } from 'zod';
import { execBodySchema } from '../containers/execs.ts';
import { sizeOf } from './container-routes.ts';
import type { EngineServices } from './engine-services.ts';
import { empty, hijack, json } from './reply.ts';
import type { Routes } from './router.ts';

const startBodySchema = z.looseObject({
  Detach: z.boolean().nullish(),
  Tty: z.boolean().nullish(),
});

/** `docker exec` */
export function execRoutes({ context, execs }: EngineServices): Routes {
  return {
    'POST /containers/{name}/exec': async (request) => {
      const record = context.records.get(request.parameter('name'));
      return json({ Id: execs.create(record, await request.json(execBodySchema)) }, 201);
    },
    'POST /exec/{id}/start': async (request) => {
      const id = request.parameter('id');
      const { Detach: detach } = await request.json(startBodySchema);
      execs.check(id);
      if (detach !== true) return hijack(request, (stream) => execs.run(id, stream));
      await execs.runDetached(id);
      return empty(200);
    },
    'POST /exec/{id}/resize': async (request) => {
      await execs.resize(request.parameter('id'), sizeOf(request));
      return empty(201);
    },
    'GET /exec/{id}/json': (request) => json(execs.inspect(request.parameter('id'))),
  };
}
