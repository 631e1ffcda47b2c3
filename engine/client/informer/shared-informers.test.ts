import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import type { ConfigMap } from '../../objects/generated/core-v1.generated.ts';
import { Client } from '../client.ts';
import { resources } from '../resources.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { advance, settle } from '../testing/settle.ts';
import type { InformerHandler } from './informer.ts';
import { SharedInformers, type SharedInformersOptions } from './shared-informers.ts';

function setUp(
  options: Partial<Pick<SharedInformersOptions, 'longestPause' | 'onError' | 'onReached'>> = {},
) {
  const api = new FakeApi();
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const informers = new SharedInformers({
    client,
    clock,
    random: new SeededRandom(1),
    onError: (error) => errors.push(error),
    ...options,
  });
  const create = (name: string, data: Record<string, string> = {}) =>
    client.create(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data,
    });
  return { api, clock, errors, client, informers, create };
}

/** Writes down what happens: `+a` added, `~a` changed, `-a` deleted; `!` for the first list. */
function recorder(): InformerHandler<ConfigMap> & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    onAdd: ({ metadata }, initial) => seen.push(`+${metadata.name}${initial ? '!' : ''}`),
    onUpdate: (old, { metadata }) => {
      expect(old.metadata.resourceVersion).not.toBe(metadata.resourceVersion);
      seen.push(`~${metadata.name}`);
    },
    onDelete: ({ metadata }) => seen.push(`-${metadata.name}`),
  };
}

describe('SharedInformers', () => {
  it('tells what is there, then what changes', async () => {
    const { informers, client, create, api } = setUp();
    const a = await create('a');
    const informer = informers.of(resources.configMaps);
    const handler = recorder();
    informer.addHandler(handler);
    expect(informer.hasSynced).toBe(false);
    await informers.synced();
    await settle();
    const b = await create('b');
    await client.update(resources.configMaps, { ...a, data: { x: '1' } });
    await client.delete(resources.configMaps, b.metadata);
    await settle();
    expect(handler.seen).toEqual(['+a!', '+b', '~a', '-b']);
    expect(informer.store.get({ namespace: 'default', name: 'a' })).toMatchObject({
      data: { x: '1' },
    });
    const late = recorder();
    const registration = informer.addHandler(late);
    await create('c');
    await settle();
    registration.dispose();
    await create('d');
    await settle();
    expect(late.seen).toEqual(['+a!', '+c']);
    expect(informers.of(resources.configMaps)).toBe(informer);
    expect(api.requests.filter((request) => request.startsWith('GET'))).toHaveLength(2);
    informers.dispose();
    await settle();
    expect(api.watches).toBe(0);
  });

  it('ends an informer with its last lease, unless somebody else uses it', async () => {
    const { informers, api } = setUp();
    const [one, two] = [1, 2].map(() => informers.lease(resources.configMaps));
    expect(one?.informer).toBe(two?.informer);
    await informers.synced();
    await settle();
    one?.dispose();
    await settle();
    expect(api.watches).toBe(1);
    two?.dispose();
    await settle();
    expect(api.watches).toBe(0);
    const lease = informers.lease(resources.configMaps);
    expect(informers.of(resources.configMaps)).toBe(lease.informer);
    await informers.synced();
    lease.dispose();
    await settle();
    expect(api.watches).toBe(1);
    informers.dispose();
  });

  it('finds objects by indexes that are made at any time', async () => {
    const { informers, client, create } = setUp();
    const a = await create('a', { color: 'red' });
    await create('b', { color: 'blue' });
    const { store } = informers.of(resources.configMaps);
    const early = store.addIndex(({ data }) => Object.values(data ?? {}));
    await informers.synced();
    const late = store.addIndex(({ data }) => Object.values(data ?? {}));
    await settle();
    await create('c', { color: 'red' });
    await client.update(resources.configMaps, { ...a, data: { color: 'blue', other: 'red' } });
    await settle();
    for (const index of [early, late]) {
      const names = (value: string) =>
        index
          .get(value)
          .map(({ metadata }) => metadata.name)
          .toSorted();
      expect([names('red'), names('blue'), names('green')]).toEqual([['a', 'c'], ['a', 'b'], []]);
      expect(index.values.toSorted()).toEqual(['blue', 'red']);
    }
    expect(store.list('default')).toHaveLength(3);
    expect(store.list('other')).toEqual([]);
    expect(store.size).toBe(3);
    informers.dispose();
  });

  it('goes on from the last version when a watch ends, bookmarks included', async () => {
    const { informers, create, api, clock } = setUp();
    const handler = recorder();
    informers.of(resources.configMaps).addHandler(handler);
    await informers.synced();
    await settle();
    await create('a');
    api.bookmark();
    await settle();
    clock.advance(5000);
    api.endWatches();
    await settle();
    await create('b');
    await settle();
    expect(handler.seen).toEqual(['+a', '+b']);
    const versions = api.received
      .filter(({ url }) => url.searchParams.has('watch'))
      .map(({ url }) => url.searchParams.get('resourceVersion'));
    expect(versions).toEqual(['1', '3']);
    informers.dispose();
  });

  it('says when it shows a version, by a change or by a bookmark', async () => {
    const { informers, create, api } = setUp();
    const informer = informers.of(resources.configMaps);
    await informers.synced();
    await settle();
    const { resourceVersion } = (await create('a')).metadata;
    await settle();
    expect(informer.shows(resourceVersion)).toBe(true);
    const [next, later] = [1, 2].map((more) => String(Number(resourceVersion) + more));
    const seen: string[] = [];
    for (const version of [next ?? '', later ?? '']) {
      expect(informer.shows(version)).toBe(false);
      informer.whenShows(version, () => seen.push(version));
    }
    await create('b');
    await settle();
    expect(seen).toEqual([next]);
    api.bookmark();
    await settle();
    expect(seen).toEqual([next, later]);
    informers.dispose();
  });

  it('lists again when the server has forgotten its version, and tells what it missed', async () => {
    const { informers, client, create, api, clock, errors } = setUp();
    const [a, b] = [await create('a'), await create('b')];
    const handler = recorder();
    informers.of(resources.configMaps).addHandler(handler);
    await informers.synced();
    await settle();
    // While nobody watches: one goes, one changes, one is replaced by another of the same name.
    api.intercept = (request) => (request.startsWith('GET') ? new Error('down') : undefined);
    clock.advance(5000);
    api.endWatches();
    await settle();
    await client.delete(resources.configMaps, a.metadata);
    await create('c');
    await client.delete(resources.configMaps, b.metadata);
    await create('b');
    api.forgetHistory();
    api.intercept = () => undefined;
    await advance(clock, 10_000);
    expect(handler.seen.slice(0, 2)).toEqual(['+a!', '+b!']);
    expect(handler.seen.slice(2).toSorted()).toEqual(['+b', '+c', '-a', '-b']);
    expect(handler.seen.indexOf('-b')).toBeLessThan(handler.seen.indexOf('+b'));
    expect(errors).toEqual([expect.objectContaining({ message: 'down' })]);
    const lists = api.received.filter(
      ({ url }) => url.pathname.endsWith('configmaps') && !url.searchParams.has('watch'),
    );
    expect(lists.at(-1)?.url.searchParams.get('resourceVersion')).toBeNull();
    informers.dispose();
  });

  it('waits longer after each failure', async () => {
    const { informers, api, clock } = setUp();
    api.intercept = () => new Error('down');
    const informer = informers.of(resources.configMaps);
    await advance(clock, 60_000);
    const failures = api.requests.length;
    expect(failures).toBeGreaterThan(4);
    expect(failures).toBeLessThan(9);
    expect(informer.hasSynced).toBe(false);
    api.intercept = () => undefined;
    await advance(clock, 60_000);
    expect(informer.hasSynced).toBe(true);
    informers.dispose();
  });

  it('waits no longer than it is allowed to', async () => {
    const { informers, api, clock } = setUp({ longestPause: 1000 });
    api.intercept = () => new Error('connection refused');
    informers.of(resources.configMaps);
    await advance(clock, 60_000);
    const failures = api.requests.length;
    expect(failures).toBeGreaterThan(30);
    informers.dispose();
  });

  it('tells which resource fails, and when it is reached again, also when nothing has changed', async () => {
    const told: string[] = [];
    const { informers, api, clock } = setUp({
      longestPause: 1000,
      onError: (error, resource) => told.push(`${resource?.plural}: ${(error as Error).message}`),
      onReached: ({ plural }) => told.push(plural),
    });
    informers.of(resources.configMaps);
    await informers.synced();
    await settle();
    expect(told.splice(0)).toEqual(['configmaps', 'configmaps']);
    api.intercept = () => new Error('down');
    clock.advance(5000);
    api.endWatches();
    await settle();
    expect(told.splice(0)).toEqual(['configmaps: down']);
    api.intercept = () => undefined;
    await advance(clock, 3000);
    expect(told).toEqual(['configmaps']);
    informers.dispose();
  });

  it('lets one handler fail alone', async () => {
    const { informers, create, errors } = setUp();
    const failure = new Error('odd');
    const handler = recorder();
    const informer = informers.of(resources.configMaps);
    informer.addHandler({
      onAdd() {
        throw failure;
      },
    });
    informer.addHandler(handler);
    await informers.synced();
    await settle();
    await create('a');
    await settle();
    expect([errors, handler.seen]).toEqual([[failure], ['+a']]);
    informers.dispose();
  });
});
