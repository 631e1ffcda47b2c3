import { expect, it } from 'vitest';
import { FakeClock } from '../../../engine/base/fake-clock.ts';
import { SeededRandom } from '../../../engine/base/random.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import { FakeApi } from '../../../engine/client/testing/fake-api.ts';
import { advance, settle } from '../../../engine/client/testing/settle.ts';
import { customFailure } from '../../../engine/objects/status/status-error.ts';
import { followWith } from './follow-with.ts';
import type { Problem } from './problem.ts';

async function setUp() {
  const api = new FakeApi();
  const clock = new FakeClock();
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const create = (name: string) =>
    client.create(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
    });
  const seen = { names: [] as readonly string[], problem: undefined as Problem | undefined };
  const stop = followWith(
    { clock, random: new SeededRandom(1) },
    {
      client,
      resource: resources.configMaps,
      scope: {},
      ask: (signal) => client.list(resources.configMaps, { signal }),
      onAnswer: ({ items }) => (seen.names = items.map(({ metadata }) => metadata.name)),
      onProblem: (problem) => (seen.problem = problem),
    },
  );
  await advance(clock, 1000);
  return { api, clock, create, seen, stop };
}

const away = () => new Error('connection refused');
const unreached: Problem = { words: 'connection refused', isRefusal: false };

it('asks again for each change', async () => {
  const { clock, create, seen, stop } = await setUp();
  await create('a');
  await advance(clock, 1000);
  expect(seen).toEqual({ names: ['a'], problem: undefined });
  stop();
});

it('tells when the API server is away, and when it is back though nothing has changed', async () => {
  const { api, clock, seen, stop } = await setUp();
  api.intercept = away;
  clock.advance(5000);
  api.endWatches();
  await settle();
  expect(seen.problem).toEqual(unreached);
  await advance(clock, 60_000);
  expect(seen.problem).toEqual(unreached);
  api.intercept = () => undefined;
  await advance(clock, 10_000);
  expect(seen.problem).toBeUndefined();
  stop();
});

it('asks again by itself for what it was refused', async () => {
  const { api, clock, create, seen, stop } = await setUp();
  // The watch goes on, and tells of the change.
  api.intercept = (request) => (request.startsWith('GET') ? away() : undefined);
  await create('a');
  await advance(clock, 1000);
  expect(seen).toEqual({ names: [], problem: unreached });
  api.intercept = () => undefined;
  await advance(clock, 5000);
  expect(seen).toEqual({ names: ['a'], problem: undefined });
  stop();
});

it('tells a refusal from an API server that is away', async () => {
  const { api, clock, create, seen, stop } = await setUp();
  const words = 'etcdserver: request timed out';
  api.intercept = (request) =>
    request.startsWith('GET') ? customFailure(500, 'InternalError', words) : undefined;
  await create('a');
  await advance(clock, 1000);
  expect(seen).toEqual({ names: [], problem: { words, isRefusal: true } });
  api.intercept = () => undefined;
  await advance(clock, 5000);
  expect(seen).toEqual({ names: ['a'], problem: undefined });
  stop();
});
