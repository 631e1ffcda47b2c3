import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { httpsTransport } from '../client/https-transport.node.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { LeaderElector } from '../client/leader-elector.ts';
import { metadataOf } from '../client/resource.ts';
import { resources } from '../client/resources.ts';
import { reasonOf } from '../client/response-failure.ts';
import type { ConfigMap } from '../objects/generated/core-v1.generated.ts';
import { handlerOver, httpServiceOf } from '../http/index.ts';
import { connectPort, exposeOnPort } from '../rpc/rpc-client.ts';
import type { HttpService } from '../api/http-service.ts';
import { startControlPlane, type ControlPlane } from './control-plane.node.ts';

let plane: ControlPlane;
let connection: ReturnType<typeof httpsTransport>;
let client: Client;
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

beforeAll(async () => {
  plane = await startControlPlane({ port: 0, onError });
  connection = httpsTransport(readKubeconfig(plane.kubeconfig));
  client = new Client({
    transport: connection.transport,
    clock: systemClock,
    userAgent: 'drydock-test/1',
  });
});
afterAll(async () => {
  connection.dispose();
  await plane.close();
  expect(errors).toEqual([]);
});

function configMap(name: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

describe('our client on our API server over HTTPS', () => {
  it('reads and writes with every kind of patch', async () => {
    const created = await client.create(resources.configMaps, configMap('patched', { a: '1' }));
    const { metadata } = created;
    const patched = [
      await client.patch(resources.configMaps, metadata, {
        type: 'json',
        patch: [{ op: 'add', path: '/data/b', value: '2' }],
      }),
      await client.patch(resources.configMaps, metadata, {
        type: 'merge',
        patch: { data: { c: '3' } },
      }),
      await client.patch(resources.configMaps, metadata, {
        type: 'strategic',
        patch: { data: { a: null } },
      }),
      await client.apply(resources.configMaps, configMap('patched', { d: '4' }), {
        fieldManager: 'me',
      }),
    ];
    expect(patched.at(-1)?.data).toEqual({ b: '2', c: '3', d: '4' });
    await expect(client.update(resources.configMaps, created)).rejects.toMatchObject({
      reason: 'Conflict',
    });
    await client.delete(resources.configMaps, metadata);
    const failure = await client
      .get(resources.configMaps, metadata)
      .catch((error: unknown) => error);
    expect(reasonOf(failure)).toBe('NotFound');
    expect(JSON.parse(await client.getText('/version'))).toMatchObject({ major: '1' });
  });

  it('keeps informers up to date, of whole objects and of metadata', async () => {
    const informers = new SharedInformers({
      client,
      clock: systemClock,
      random: cryptoRandom,
      onError,
    });
    await client.create(resources.configMaps, configMap('first', { a: '1' }));
    const scope = { namespace: 'default', labelSelector: '!hidden' };
    const whole = informers.of(resources.configMaps, scope);
    const slim = informers.of(metadataOf(resources.configMaps), scope);
    const seen: string[] = [];
    let wake = (): void => {};
    const reached = async (count: number): Promise<void> => {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    const note = (what: string): void => {
      seen.push(what);
      wake();
    };
    whole.addHandler({
      onAdd: ({ metadata: { name } }) => note(`+${name}`),
      onUpdate: (_old, { metadata: { name } }) => note(`~${name}`),
      onDelete: ({ metadata: { name } }) => note(`-${name}`),
    });
    await informers.synced();
    expect(whole.store.get({ namespace: 'default', name: 'first' })?.data).toEqual({ a: '1' });
    expect(slim.store.get({ namespace: 'default', name: 'first' })).not.toHaveProperty('data');
    const second = await client.create(resources.configMaps, configMap('second', {}));
    await client.update(resources.configMaps, { ...second, data: { b: '2' } });
    await client.delete(resources.configMaps, second.metadata);
    await reached(seen.includes('+kube-root-ca.crt') ? 5 : 4);
    expect(seen.filter((what) => what.endsWith('second'))).toEqual([
      '+second',
      '~second',
      '-second',
    ]);
    expect(whole.store.list().every(({ metadata }) => metadata.managedFields === undefined)).toBe(
      true,
    );
    informers.dispose();
  });

  it('works within the thread, where a watch ends with its signal', async () => {
    const transport = plane.transport({ username: 'test', groups: ['system:masters'] });
    const local = new Client({ transport, clock: systemClock, userAgent: 'drydock-test/1' });
    const stop = new AbortController();
    const watch = local.watch(resources.configMaps, { namespace: 'default', signal: stop.signal });
    const { metadata } = await local.create(resources.configMaps, configMap('local', {}));
    const seen: string[] = [];
    const ended = (async () => {
      for await (const { object } of watch) {
        seen.push(object.metadata.name ?? '');
        if (object.metadata.name === metadata.name) stop.abort(new Error('enough'));
      }
    })();
    await expect(ended).rejects.toThrow('enough');
    expect(seen).toContain('local');
  });

  it('works from another worker', async () => {
    const port = exposeOnPort(httpServiceOf(connection.transport));
    const { service, dispose } = connectPort<HttpService>(port);
    const transport = handlerOver(service);
    const remote = new Client({ transport, clock: systemClock, userAgent: 'drydock-test/1' });
    const { metadata } = await remote.list(resources.configMaps, { namespace: 'default' });
    const stop = new AbortController();
    const watch = remote.watch(resources.configMaps, {
      namespace: 'default',
      fieldSelector: 'metadata.name=watched',
      ...(metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: metadata.resourceVersion }),
      signal: stop.signal,
    });
    const event = watch.next();
    await remote.create(resources.configMaps, configMap('watched', { a: '1' }));
    expect((await event).value).toMatchObject({ type: 'ADDED', object: { data: { a: '1' } } });
    const last = watch.next();
    stop.abort(new Error('enough'));
    await expect(last).rejects.toThrow('enough');
    await expect(remote.get(resources.nodes, { name: 'none' })).rejects.toMatchObject({
      reason: 'NotFound',
    });
    dispose();
  });

  it('elects a leader', async () => {
    const stop = new AbortController();
    const elector = new LeaderElector({
      client,
      clock: systemClock,
      random: cryptoRandom,
      lease: { namespace: 'kube-system', name: 'test' },
      identity: 'me',
      releaseOnCancel: true,
      onError,
    });
    await elector.run(stop.signal, async () => {
      const lease = await client.get(resources.leases, { namespace: 'kube-system', name: 'test' });
      expect(lease.spec.holderIdentity).toBe('me');
      stop.abort();
    });
    const lease = await client.get(resources.leases, { namespace: 'kube-system', name: 'test' });
    expect(lease.spec.holderIdentity).toBeUndefined();
  });
});
