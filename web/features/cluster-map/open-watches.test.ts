import { expect, test } from 'vitest';
import { objectOf, recorded, request } from './fixtures.ts';
import { OpenWatches } from './open-watches.ts';

const begins = (resource: string) =>
  ({ kind: 'watch', at: 0, client: request().client, object: objectOf(resource, '') }) as const;
const ends = (resource: string, status = 200) =>
  request({ verb: 'watch', object: objectOf(resource, ''), status });

function openAfter(...entries: Parameters<typeof recorded>[0]): readonly (readonly string[])[] {
  const watches = new OpenWatches();
  for (const item of recorded(entries)) watches.note(item);
  return watches.list().map(({ station, resources }) => [station.id, ...resources]);
}

test('a watch goes on until it ends, not until one is refused or another one of the kind ends', () => {
  expect(openAfter(begins('pods'), begins('nodes'))).toEqual([['kubectl', 'nodes', 'pods']]);
  expect(openAfter(begins('pods'), ends('pods', 410))).toEqual([['kubectl', 'pods']]);
  expect(openAfter(begins('pods'), begins('pods'), ends('pods'))).toEqual([['kubectl', 'pods']]);
  expect(openAfter(begins('pods'), ends('pods'))).toEqual([]);
  expect(openAfter(ends('pods'))).toEqual([]);
});
