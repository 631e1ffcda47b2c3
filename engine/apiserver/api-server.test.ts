import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestServer, type WatchedEvent } from './testing/test-server.ts';

const maps = '/api/v1/namespaces/default/configmaps';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
});

afterEach(async () => {
  await server.stop();
});

function configMap(name: string, data: Record<string, string> = {}): unknown {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data };
}

/** Resource version of now. */
async function version(): Promise<string> {
  return (await server.request('GET', maps)).body.metadata.resourceVersion ?? '';
}

async function take(events: AsyncGenerator<WatchedEvent>, count: number): Promise<WatchedEvent[]> {
  const taken: WatchedEvent[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

describe('objects', () => {
  it('are created with what only the server says', async () => {
    const { status, body } = await server.request('POST', maps, { body: configMap('a') });
    expect(status).toBe(201);
    expect(body.metadata).toMatchObject({
      name: 'a',
      namespace: 'default',
      creationTimestamp: '2023-11-14T22:13:20Z',
      resourceVersion: expect.stringMatching(/^\d+$/) as string,
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/) as string,
    });
  });

  it('exist once', async () => {
    await server.request('POST', maps, { body: configMap('a') });
    const { status, body } = await server.request('POST', maps, { body: configMap('a') });
    expect(status).toBe(409);
    expect(body['message']).toBe('configmaps "a" already exists');
  });

  it('get generated names', async () => {
    const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { generateName: 'web-' } };
    const answer = await server.request('POST', maps, { body });
    expect(answer.body.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('are replaced only by who has seen the newest version', async () => {
    const { body: first } = await server.request('POST', maps, { body: configMap('a') });
    const put = (data: Record<string, string>) =>
      server.request('PUT', `${maps}/a`, { body: { ...first, data } });
    expect((await put({ one: '1' })).status).toBe(200);
    const late = await put({ two: '2' });
    expect(late.status).toBe(409);
    expect(late.body['message']).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('keep their version when nothing changes', async () => {
    const { body } = await server.request('POST', maps, { body: configMap('a') });
    const again = await server.request('PUT', `${maps}/a`, { body });
    expect(again.body).toEqual(body);
  });

  it('wait for their finalizers', async () => {
    const body = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a', finalizers: ['example.com/wait'] },
    };
    await server.request('POST', maps, { body });
    const deleted = await server.request('DELETE', `${maps}/a`);
    expect(deleted.body.metadata.deletionTimestamp).toBe('2023-11-14T22:13:20Z');
    const { finalizers: _none, ...metadata } = deleted.body.metadata;
    await server.request('PUT', `${maps}/a`, { body: { ...deleted.body, metadata } });
    expect((await server.request('GET', `${maps}/a`)).status).toBe(404);
  });

  it('are not written by a dry run', async () => {
    const { status } = await server.request('POST', `${maps}?dryRun=All`, { body: configMap('a') });
    expect(status).toBe(201);
    expect((await server.request('GET', `${maps}/a`)).status).toBe(404);
  });

  it('go one by one or together', async () => {
    for (const name of ['a', 'b', 'c'])
      await server.request('POST', maps, { body: configMap(name) });
    const one = await server.request('DELETE', `${maps}/a`);
    expect(one.body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a' } });
    await server.request('DELETE', maps);
    expect((await server.request('GET', maps)).body['items']).toEqual([]);
  });
});

describe('lists', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await server.request('POST', maps, { body: configMap(name) });
  });

  const names = (list: Readonly<Record<string, unknown>>): unknown =>
    (list['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);

  it('come in pages that show one moment', async () => {
    const first = await server.request('GET', `${maps}?limit=2`);
    expect(names(first.body)).toEqual(['a', 'b']);
    expect(first.body.metadata['remainingItemCount']).toBe(3);
    await server.request('DELETE', `${maps}/d`);
    const token = String(first.body.metadata['continue']);
    const second = await server.request('GET', `${maps}?limit=2&continue=${token}`);
    expect(names(second.body)).toEqual(['c', 'd']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const third = await server.request(
      'GET',
      `${maps}?limit=2&continue=${String(second.body.metadata['continue'])}`,
    );
    expect(names(third.body)).toEqual(['e']);
    expect(third.body.metadata['continue']).toBeUndefined();
  });

  it('say when their past is gone', async () => {
    const first = await server.request('GET', `${maps}?limit=2`);
    await server.request('DELETE', `${maps}/d`);
    const { header } = await server.etcd.range({ key: 'x' });
    await server.etcd.compact({ revision: header.revision });
    const gone = await server.request(
      'GET',
      `${maps}?limit=2&continue=${String(first.body.metadata['continue'])}`,
    );
    expect(gone.body).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await server.request(
      'GET',
      `${maps}?limit=9&continue=${String(gone.body.metadata['continue'])}`,
    );
    expect(names(rest.body)).toEqual(['c', 'e']);
  });

  it('go on after somebody has waited for what etcd does not have', async () => {
    let waits = server.clock.nextTimer();
    const waiting = server.request('GET', `${maps}?resourceVersion=999999`);
    for (let waited = 0; waited < 3000; waited += 500) {
      await waits;
      waits = server.clock.nextTimer();
      server.clock.advance(500);
    }
    expect((await waiting).body).toMatchObject({ code: 504, reason: 'Timeout' });
    await server.request('POST', maps, { body: configMap('later') });
    expect(names((await server.request('GET', maps)).body)).toContain('later');
    expect(server.errors).toEqual([]);
  });

  it('are selected by name', async () => {
    const { body } = await server.request('GET', `${maps}?fieldSelector=metadata.name%3Dc`);
    expect(names(body)).toEqual(['c']);
    const wrong = await server.request('GET', `${maps}?fieldSelector=data%3Dc`);
    expect(wrong.body['message']).toBe(
      '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });

  it('hold items without kind', async () => {
    const { body } = await server.request('GET', maps);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(Object.keys((body['items'] as object[])[0] ?? {})[0]).toBe('metadata');
  });
});

describe('watches', () => {
  it('begin with what is there', async () => {
    await server.request('POST', maps, { body: configMap('a') });
    const events = server.watch(`${maps}?watch=1`);
    expect(await take(events, 1)).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'a' } } },
    ]);
    await server.request('DELETE', `${maps}/a`);
    expect(await take(events, 1)).toMatchObject([
      { type: 'DELETED', object: { metadata: { name: 'a' } } },
    ]);
    await events.return(undefined);
  });

  it('go on from a resource version', async () => {
    const { body } = await server.request('POST', maps, { body: configMap('a') });
    await server.request('POST', maps, { body: configMap('b') });
    const version = body.metadata.resourceVersion ?? '';
    const events = server.watch(`${maps}?watch=1&resourceVersion=${version}`);
    expect(await take(events, 1)).toMatchObject([
      { type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'b' } } },
    ]);
    await events.return(undefined);
  });

  it('see what leaves their selection as deleted', async () => {
    const labelled = (color: string): unknown => ({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a', labels: { color } },
    });
    const events = server.watch(`${maps}?watch=1&labelSelector=color%3Dred`);
    const seen = take(events, 3);
    await server.request('POST', maps, { body: labelled('red') });
    await server.request('PUT', `${maps}/a`, { body: labelled('blue') });
    await server.request('PUT', `${maps}/a`, { body: labelled('red') });
    expect((await seen).map(({ type }) => type)).toEqual(['ADDED', 'DELETED', 'ADDED']);
    await events.return(undefined);
  });

  it('see what another server writes', async () => {
    const other = server.another();
    const events = server.watch(`${maps}?watch=1`, other);
    const seen = take(events, 1);
    await server.request('POST', maps, { body: configMap('a') });
    expect(await seen).toMatchObject([{ type: 'ADDED' }]);
    await events.return(undefined);
    other.dispose();
  });

  it('begin as lists do when no version is given, and from now on when told so', async () => {
    await server.request('POST', maps, { body: configMap('a') });
    const marked = server.watch(`${maps}?watch=true&allowWatchBookmarks=true`);
    expect(await take(marked, 2)).toMatchObject([
      { type: 'ADDED' },
      { type: 'BOOKMARK', object: { metadata: { annotations: INITIAL_EVENTS_END } } },
    ]);
    const path = `${maps}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`;
    const later = server.events(await server.raw('GET', path));
    const first = later.next();
    await server.request('POST', maps, { body: configMap('b') });
    expect((await first).value).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'b' } },
    });
    await Promise.all([marked.return(undefined), later.return(undefined)]);
    const body = (await server.request('GET', `${maps}?watch=true&continue=x`)).body;
    expect(body['message']).toContain(
      'resourceVersionMatch is forbidden when continue is provided',
    );
  });

  it('mark the end of initial events', async () => {
    await server.request('POST', maps, { body: configMap('a') });
    const events = server.watch(
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    );
    const [added, bookmark] = await take(events, 2);
    expect(added?.type).toBe('ADDED');
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    await events.return(undefined);
  });

  it('tell their version shortly before they end', async () => {
    const events = server.watch(
      `${maps}?watch=1&timeoutSeconds=5&allowWatchBookmarks=true&resourceVersion=${await version()}`,
    );
    const seen = take(events, 2);
    await server.request('POST', '/api/v1/namespaces', {
      body: { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'other' } },
    });
    server.clock.advance(3000);
    const newest = await version();
    server.clock.advance(2000);
    expect(await seen).toMatchObject([
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: newest } } },
    ]);
  });

  it('end in time', async () => {
    const events = server.watch(`${maps}?watch=1&timeoutSeconds=5`);
    const seen = take(events, 1);
    await server.request('GET', maps);
    server.clock.advance(5000);
    expect(await seen).toEqual([]);
  });
});

describe('discovery', () => {
  it('has an index', async () => {
    const { body } = await server.request('GET', '/');
    expect(body['paths']).toEqual(
      expect.arrayContaining(['/api/v1', '/apis/', '/apis/apps/v1', '/readyz/ping', '/version']),
    );
  });

  it('says what is served', async () => {
    const { body } = await server.request('GET', '/apis/apps/v1');
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1' });
    expect(body['resources']).toContainEqual({
      name: 'deployments',
      singularName: 'deployment',
      namespaced: true,
      kind: 'Deployment',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['deploy'],
      categories: ['all'],
      storageVersionHash: '8aSe+NMegvE=',
    });
  });

  it('is not sent again to who has it', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const first = await server.request('GET', '/apis', { headers: { accept } });
    expect(first.body.kind).toBe('APIGroupDiscoveryList');
    const etag = first.headers.get('etag') ?? '';
    const again = await server.raw('GET', '/apis', {
      headers: { accept, 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
  });
});

describe('bad requests', () => {
  it.each([
    ['GET', '/api/v1/namespaces/default/teapots', 404, 'NotFound'],
    ['GET', '/api/v1/%ff', 400, 'BadRequest'],
    ['POST', '/api/v1/configmaps', 405, 'MethodNotAllowed'],
    ['TRACE', maps, 405, 'MethodNotAllowed'],
    ['GET', `${maps}?limit=x`, 400, 'BadRequest'],
    ['GET', '/apis/apps/v1/replicasets?fieldSelector=status.replicas%3D1', 400, 'BadRequest'],
    ['GET', `${maps}?continue=x`, 400, 'BadRequest'],
    ['GET', `${maps}?resourceVersion=999999`, 504, 'Timeout'],
  ])('%s %s', async (method, path, code, reason) => {
    const waits = server.clock.nextTimer();
    const answer = server.request(method, path);
    await Promise.race([answer, waits]);
    server.clock.advance(3000);
    expect((await answer).body).toMatchObject({ kind: 'Status', code, reason });
  });

  it('for what is none of the API get a page, not a Status', async () => {
    for (const path of [
      '/foo',
      '/apis/nope.example',
      '/apis/nope.example/v1/ships',
      '//api/v1/pods',
    ])
      expect((await server.request('GET', path)).body).toBe('404 page not found\n');
    for (const path of ['/api/v2', '/api/v1/foos', '/apis/apps/v9', '/apis/apps/v1/foo'])
      expect((await server.request('GET', path)).body).toMatchObject({ code: 404, details: {} });
  });

  it('are told apart by their texts as the real server tells them', async () => {
    await server.request('POST', maps, { body: configMap('a') });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const uid = '00000000-0000-4000-8000-000000000000';
    for (const [method, path, body, headers, code, message] of [
      [
        'GET',
        '/a?resourceVersion=x',
        undefined,
        {},
        500,
        'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
      ],
      [
        'GET',
        '?resourceVersion=x',
        undefined,
        {},
        400,
        'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
      ],
      [
        'GET',
        '?continue=abc',
        undefined,
        {},
        400,
        "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
      ],
      [
        'PUT',
        '/a',
        { metadata: { name: 'a', resourceVersion: 'abc' } },
        {},
        500,
        'strconv.ParseUint: parsing "abc": invalid syntax',
      ],
      [
        'PUT',
        '/a',
        { metadata: { name: 'a', uid } },
        {},
        409,
        expect.stringMatching(
          /^Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: \/registry\/configmaps\/default\/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: 0{8}-/,
        ),
      ],
      [
        'DELETE',
        '/a',
        { kind: 'Foo' },
        {},
        400,
        'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
      ],
      [
        'DELETE',
        '/a',
        '{',
        {},
        400,
        "couldn't get version/kind; json parse error: unexpected end of JSON input",
      ],
      ['PATCH', '/a', {}, {}, 415, '415: Unsupported Media Type'],
      ['PATCH', '/b', {}, merge, 404, 'configmaps "b" not found'],
      [
        'POST',
        '',
        `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
        {},
        400,
        expect.stringContaining("json parse error: invalid character '{' exceeded max depth"),
      ],
    ] as const)
      expect((await server.request(method, maps + path, { body, headers })).body).toMatchObject({
        code,
        message,
      });
    expect((await server.request('HEAD', `${maps}/a`)).status).toBe(405);
  });

  it('are warned of in any alphabet', async () => {
    const body = new TextEncoder().encode('{"é":1,"metadata":{"name":"a"}}');
    const { status, headers } = await server.request('POST', maps, { body });
    expect(status).toBe(201);
    const warning = Uint8Array.from(headers.get('warning') ?? '', (character) =>
      character.charCodeAt(0),
    );
    expect(new TextDecoder().decode(warning)).toBe(String.raw`299 - "unknown field \"é\""`);
  });

  it('may not be longer than 3 MiB', async () => {
    const body = new Uint8Array(3 * 1024 * 1024 + 1);
    const answer = await server.request('POST', maps, { body });
    expect(answer.body).toMatchObject({
      code: 413,
      message: 'Request entity too large: limit is 3145728',
    });
  });
});
