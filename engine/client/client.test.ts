import { describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import type { ConfigMap } from '../objects/generated/core-v1.generated.ts';
import { StatusError, tooManyRequests } from '../objects/status/status-error.ts';
import { Client } from './client.ts';
import { metadataOf } from './resource.ts';
import { resources } from './resources.ts';
import { reasonOf } from './response-failure.ts';
import { FakeApi } from './testing/fake-api.ts';
import { advance, settle } from './testing/settle.ts';
import { withToken } from './transport.ts';

function setUp() {
  const api = new FakeApi();
  const clock = new FakeClock();
  const client = new Client({ transport: api.transport, clock, userAgent: 'test/1.0' });
  const last = () => {
    const { url, headers, body } = api.received.at(-1) ?? {};
    return { path: `${url?.pathname}${url?.search}`, headers, body };
  };
  return { api, clock, client, last };
}

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

describe('Client', () => {
  it('creates, reads, changes and deletes', async () => {
    const { api, client } = setUp();
    const created = await client.create(resources.configMaps, configMap('a', { x: '1' }));
    expect(created.metadata.uid).toBe('uid-1');
    const read = await client.get(resources.configMaps, created.metadata);
    expect(read).toEqual(created);
    const updated = await client.update(resources.configMaps, { ...read, data: { x: '2' } });
    await expect(client.update(resources.configMaps, read)).rejects.toMatchObject({
      reason: 'Conflict',
    });
    const patch = { data: { y: '3' } };
    const patched = await client.patch(resources.configMaps, updated.metadata, {
      type: 'merge',
      patch,
    });
    expect(patched.data).toEqual({ x: '2', y: '3' });
    await client.delete(resources.configMaps, patched.metadata, {
      propagationPolicy: 'Foreground',
      preconditions: { uid: patched.metadata.uid },
    });
    expect(api.received.at(-1)?.body).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'uid-1' },
    });
    const failure = await client
      .get(resources.configMaps, created.metadata)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StatusError);
    expect(reasonOf(failure)).toBe('NotFound');
  });

  it('gives listed objects their type', async () => {
    const { client } = setUp();
    await client.create(resources.configMaps, configMap('a'));
    const { items } = await client.list(resources.configMaps, { namespace: 'default' });
    expect(items).toMatchObject([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }]);
  });

  it('puts options where the API has them', async () => {
    const { client, last } = setUp();
    await client.list(resources.deployments, {
      namespace: 'a b',
      labelSelector: 'x in (y,z)',
      limit: 5,
    });
    expect(last().path).toBe(
      '/apis/apps/v1/namespaces/a%20b/deployments?labelSelector=x+in+%28y%2Cz%29&limit=5',
    );
    expect(last().headers?.get('user-agent')).toBe('test/1.0');
    const apply = client.apply(resources.configMaps, configMap('a'), {
      fieldManager: 'me',
      force: true,
      dryRun: true,
    });
    await expect(apply).rejects.toMatchObject({ reason: 'NotFound' });
    expect(last().path).toBe(
      '/api/v1/namespaces/default/configmaps/a?dryRun=All&fieldManager=me&force=true',
    );
    expect(last().headers?.get('content-type')).toBe('application/apply-patch+yaml');
    await client
      .createSubresource(resources.pods, { namespace: 'default', name: 'p' }, 'binding', {})
      .catch(() => {});
    expect(last().path).toBe('/api/v1/namespaces/default/pods/p/binding');
    await client.list(metadataOf(resources.nodes));
    expect(last().headers?.get('accept')).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    );
  });

  it('watches, with what has passed since a version, until the loop is left', async () => {
    const { api, client } = setUp();
    const first = await client.create(resources.configMaps, configMap('a'));
    await client.create(resources.configMaps, configMap('b'));
    const { resourceVersion } = first.metadata;
    const seen: string[] = [];
    for await (const event of client.watch(resources.configMaps, { resourceVersion })) {
      seen.push(`${event.type} ${event.object.metadata.name}`);
      if (seen.length === 1) await client.delete(resources.configMaps, first.metadata);
      if (seen.length === 2) api.bookmark();
      if (seen.length === 3) break;
    }
    expect(seen).toEqual(['ADDED b', 'DELETED a', 'BOOKMARK undefined']);
    expect(api.watches).toBe(0);
  });

  it('watches a table, as `kubectl get --watch` does', async () => {
    const event = { type: 'ADDED', object: { columnDefinitions: null, rows: [{ cells: ['a'] }] } };
    const body = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
    const accepted: (string | null)[] = [];
    const client = new Client({
      transport: ({ url, headers }) => {
        accepted.push(new URL(url).search, headers.get('accept'));
        return Promise.resolve({ status: 200, headers: new Headers(), body });
      },
      clock: new FakeClock(),
      userAgent: 'test/1.0',
    });
    const watch = client.watchTable(resources.configMaps);
    expect((await watch.next()).value).toEqual(event);
    expect(accepted).toEqual(['?watch=true', 'application/json;as=Table;v=v1;g=meta.k8s.io']);
  });

  it('throws what a watch is told instead of events', async () => {
    const { api, client } = setUp();
    await client.create(resources.configMaps, configMap('a'));
    api.forgetHistory();
    const watch = client.watch(resources.configMaps, { resourceVersion: '1' });
    await expect(watch.next()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('hears a refusal of a watch that comes as a whole, as the API server sends it', async () => {
    const object = { kind: 'Status', apiVersion: 'v1', metadata: {}, code: 410, reason: 'Expired' };
    const body = new TextEncoder().encode(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    const transport = () => Promise.resolve({ status: 200, headers: new Headers(), body });
    const client = new Client({ transport, clock: new FakeClock(), userAgent: 'test/1.0' });
    const watch = client.watch(resources.configMaps, { resourceVersion: '1' });
    await expect(watch.next()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('comes back when the server says when', async () => {
    const { api, client, clock } = setUp();
    let busy = 2;
    api.intercept = () => (busy-- > 0 ? tooManyRequests('busy', 3) : undefined);
    const listing = client.list(resources.pods);
    await settle();
    await advance(clock, 3000);
    expect(api.requests).toHaveLength(2);
    await advance(clock, 3000);
    expect((await listing).items).toEqual([]);
    expect(api.requests).toHaveLength(3);
  });

  it('makes an error of an answer that is no Status', async () => {
    const client = new Client({
      transport: () =>
        Promise.resolve({
          status: 403,
          headers: new Headers(),
          body: new TextEncoder().encode('no entry\n'),
        }),
      clock: new FakeClock(),
      userAgent: 'test',
    });
    await expect(client.list(resources.pods)).rejects.toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'no entry',
    });
  });

  it('carries a token', async () => {
    const { api, clock } = setUp();
    const transport = withToken(api.transport, () => Promise.resolve('secret'));
    await new Client({ transport, clock, userAgent: 'test' }).list(resources.pods);
    expect(api.received.at(-1)?.headers.get('authorization')).toBe('Bearer secret');
  });
});
