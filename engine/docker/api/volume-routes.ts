import { z } from 'zod';
import type { Volume } from '../../runtime/types.ts';
import { createVolume } from '../volumes/create-volume.ts';
import { goTime } from '../../base/go-format.ts';
import { conflict, notFound } from './api-error.ts';
import type { EngineServices } from './engine-services.ts';
import { labelMatches } from './filters.ts';
import { empty, json } from './reply.ts';
import type { Routes } from './router.ts';

const createSchema = z.looseObject({
  Name: z.string().nullish(),
  Driver: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  DriverOpts: z.record(z.string(), z.string()).nullish(),
});

export function volumeBody(volume: Volume): object {
  return {
    CreatedAt: goTime(volume.createdAt).replace(/\.\d+Z$/, 'Z'),
    Driver: 'local',
    Labels: volume.labels ?? null,
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: volume.options ?? null,
    Scope: 'local',
  };
}

export function volumeRoutes({ context }: EngineServices): Routes {
  const { runtime, records, events } = context;
  const { volumes } = runtime;
  const usersOf = (name: string): readonly string[] =>
    records
      .list()
      .filter(({ mounts }) => mounts.some(({ Name }) => Name === name))
      .map(({ id }) => id);
  const get = (name: string): Volume => {
    const volume = volumes.find(name);
    if (volume === undefined) throw notFound(`get ${name}: no such volume`);
    return volume;
  };

  return {
    'GET /volumes': (request) => {
      const filters = request.filters().allow('dangling', 'driver', 'label', 'name');
      const dangling = filters.flag('dangling');
      const chosen = volumes
        .list()
        .filter(
          ({ name, labels }) =>
            (dangling === undefined || dangling === (usersOf(name).length === 0)) &&
            filters.any('driver', (driver) => driver === 'local') &&
            filters.any('name', (part) => name.includes(part)) &&
            filters.matchLabels(labels),
        )
        .toSorted((one, other) => (one.name < other.name ? -1 : 1));
      return json({ Volumes: chosen.map(volumeBody), Warnings: null });
    },
    'POST /volumes/create': async (request) => {
      const {
        Name: name,
        Driver: driver,
        Labels: labels,
        DriverOpts: options,
      } = await request.json(createSchema);
      const volume = await createVolume(context, {
        name: name ?? '',
        driver: driver ?? '',
        labels,
        options,
      });
      return json(volumeBody(volume), 201);
    },
    'GET /volumes/{name}': (request) => json(volumeBody(get(request.parameter('name')))),
    'DELETE /volumes/{name}': async (request) => {
      const name = request.parameter('name');
      const force = request.flag('force');
      if (volumes.find(name) === undefined && force) return empty(204);
      get(name);
      const users = usersOf(name);
      if (users.length > 0)
        throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
      await volumes.remove(name, { force });
      events.add('volume', 'destroy', name, { driver: 'local' });
      return empty(204);
    },
    'POST /volumes/prune': async (request) => {
      const sinceAnonymous = request.speaks('1.42');
      const filters = request
        .filters()
        .allow('label', 'label!', ...(sinceAnonymous ? ['all'] : []));
      const all = !sinceAnonymous || filters.flag('all') === true;
      const deleted: string[] = [];
      let reclaimed = 0;
      for (const { name, labels, options, anonymous } of volumes.list()) {
        // What has options may be somebody else's directory.
        const kept =
          !(all || anonymous) ||
          Object.keys(options ?? {}).length > 0 ||
          usersOf(name).length > 0 ||
          !filters.matchLabels(labels) ||
          filters.get('label!').some((wanted) => labelMatches(labels ?? {}, wanted));
        if (kept) continue;
        reclaimed += await volumes.usage(name);
        await volumes.remove(name);
        events.add('volume', 'destroy', name, { driver: 'local' });
        deleted.push(name);
      }
      events.add('volume', 'prune', '', { reclaimed: String(reclaimed) });
      return json({
        VolumesDeleted: deleted.length === 0 ? null : deleted,
        SpaceReclaimed: reclaimed,
      });
    },
  };
}
