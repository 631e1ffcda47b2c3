import { z } from 'zod';
import { consoleSize, execBodySchema } from '../containers/execs.ts';
import { sizeOf } from './container-routes.ts';
import type { EngineServices } from './engine-services.ts';
import { outputType } from './later-versions.ts';
import { empty, hijack, json } from './reply.ts';
import type { Routes } from './router.ts';

const startBodySchema = z.looseObject({
  Detach: z.boolean().nullish(),
  Tty: z.boolean().nullish(),
  ConsoleSize: z.array(z.number()).nullish(),
});

/** `docker exec` */
export function execRoutes({ context, containers, execs }: EngineServices): Routes {
  return {
    'POST /containers/{name*}/exec': async (request) => {
      const name = request.parameter('name');
      const record = context.records.get(name);
      containers.checkNotRestarting(record);
      return json({ Id: execs.create(record, await request.json(execBodySchema), name) }, 201);
    },
    'POST /exec/{id}/start': async (request) => {
      const id = request.parameter('id');
      const { Detach: detach, ConsoleSize: size, Tty: tty } = await request.json(startBodySchema);
      execs.check(id);
      const told = consoleSize(size);
      if (told !== undefined && request.speaks('1.42')) await execs.resize(id, told);
      if (detach !== true)
        return hijack(request, outputType(request, tty !== true), (stream) =>
          execs.run(id, stream),
        );
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
