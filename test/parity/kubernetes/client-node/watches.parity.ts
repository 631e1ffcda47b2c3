/** The official JavaScript client: watches that go on where they broke off, bookmarks, 410, informers. */
import * as k8s from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cronTabs, defineCronTabs } from './cron-tabs.ts';
import { startSession, type ClientNodeSession } from './client-node-session.ts';

const namespace = 'default';
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
/** Nothing is known of a time before they were defined. */
const young = `/apis/${cronTabs.group}/${cronTabs.version}/namespaces/${namespace}/${cronTabs.plural}`;

let session: ClientNodeSession;
let core: k8s.CoreV1Api;
beforeAll(async () => {
  session = await startSession();
  core = session.config.makeApiClient(k8s.CoreV1Api);
  await defineCronTabs(session.config);
});
afterAll(() => session.close());

interface WatchedEvent {
  readonly type: string;
  readonly object: k8s.V1ConfigMap & k8s.V1Status;
}

/** What a watch has told, and how to wait for more. */
class Watching {
  readonly events: WatchedEvent[] = [];
  /** fulfilled when the server has ended it */
  readonly ended: Promise<unknown>;
  #wake = (): void => {};
  #controller: AbortController | undefined;

  constructor(query: Record<string, string | number | boolean>, path = configMaps) {
    this.ended = new Promise((resolve) => {
      void new k8s.Watch(session.config)
        .watch(
          path,
          query,
          (type, object: WatchedEvent['object']) => {
            this.events.push({ type, object });
            this.#wake();
          },
          (error) => {
            this.#wake();
            resolve(error);
          },
        )
        .then((controller) => (this.#controller = controller));
    });
  }

  /** The first `count` events, as soon as they are here. */
  async first(count: number): Promise<readonly WatchedEvent[]> {
    while (this.events.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.events.slice(0, count);
  }

  async stop(): Promise<void> {
    this.#controller?.abort();
    await this.ended;
  }
}

const told = (events: readonly WatchedEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata?.name}`);

const create = (name: string, labels: Record<string, string> = {}): Promise<k8s.V1ConfigMap> =>
  core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels } } });

const now = async (): Promise<string> =>
  (await core.listNamespacedConfigMap({ namespace })).metadata?.resourceVersion ?? '';

describe('watches', () => {
  it('tell every change, once and in order', async () => {
    const watching = new Watching({ resourceVersion: await now(), labelSelector: 'watch=order' });
    const labels = { watch: 'order' };
    const made = await create('ordered', labels);
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'ordered',
      body: Object.assign(made, { data: { a: '1' } }),
    });
    const patch = (body: object): Promise<unknown> =>
      core.patchNamespacedConfigMap(
        { namespace, name: 'ordered', body },
        k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
      );
    // Who selects by label is told that it is gone, and comes back.
    await patch({ metadata: { labels: { watch: 'elsewhere' } } });
    await patch({ metadata: { labels } });
    await core.deleteNamespacedConfigMap({ namespace, name: 'ordered' });
    const events = await watching.first(5);
    expect(told(events).map((text) => text.split(' ')[0])).toEqual([
      'ADDED',
      'MODIFIED',
      'DELETED',
      'ADDED',
      'DELETED',
    ]);
    const versions = events.map(({ object }) => Number(object.metadata?.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    await watching.stop();
  });

  it('go on where they broke off', async () => {
    const first = new Watching({ resourceVersion: await now() });
    await create('before');
    const [event] = await first.first(1);
    await first.stop();
    await create('meanwhile');
    await core.deleteNamespacedConfigMap({ namespace, name: 'before' });
    const resourceVersion = event?.object.metadata?.resourceVersion ?? '';
    const second = new Watching({ resourceVersion });
    expect(told(await second.first(2))).toEqual(['ADDED meanwhile', 'DELETED before']);
    await second.stop();
  });

  it('begin with what is there, and say where that ends', async () => {
    await create('there', { watch: 'initial' });
    const watching = new Watching({
      labelSelector: 'watch=initial',
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    });
    const [added, bookmark] = await watching.first(2);
    expect(added).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'there' } } });
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    await watching.stop();
  });

  it('tell by a bookmark from where to go on, before their time is over', async () => {
    const resourceVersion = await now();
    // Before its time begins, of which not much is left for anything else.
    await create('unseen');
    const watching = new Watching({
      resourceVersion,
      labelSelector: 'watch=nothing',
      allowWatchBookmarks: true,
      timeoutSeconds: 4,
    });
    const [bookmark] = await watching.first(1);
    expect(bookmark?.type).toBe('BOOKMARK');
    expect(Number(bookmark?.object.metadata?.resourceVersion)).toBeGreaterThan(
      Number(resourceVersion),
    );
    expect(await watching.ended).toBeNull();
  });

  it('say when the past is gone', async () => {
    const watching = new Watching({ resourceVersion: '1' }, young);
    const [event] = await watching.first(1);
    expect(event).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/) as string,
      },
    });
    expect(await watching.ended).toBeNull();
  });
});

describe('informers', () => {
  const labelSelector = 'watch=informer';
  const labels = { watch: 'informer' };
  const list = (): Promise<k8s.V1ConfigMapList> =>
    core.listNamespacedConfigMap({ namespace, labelSelector });

  /** Notes what an informer tells, and waits for it. */
  function noting(informer: k8s.Informer<k8s.KubernetesObject>): (wanted: string) => Promise<void> {
    const seen = new Set<string>();
    let wake = (): void => {};
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, ({ metadata }) => {
        seen.add(`${verb} ${metadata?.name}`);
        wake();
      });
    return async (wanted) => {
      while (!seen.has(wanted)) await new Promise<void>((resolve) => (wake = resolve));
    };
  }

  it('keep a copy up to date', async () => {
    const made = await create('first', labels);
    const informer = k8s.makeInformer(session.config, configMaps, list, labelSelector);
    const until = noting(informer);
    await informer.start();
    await until('add first');
    await create('second', labels);
    await until('add second');
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'first',
      body: Object.assign(made, { data: { a: '1' } }),
    });
    await until('update first');
    expect(informer.get('first', namespace)?.data).toEqual({ a: '1' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'second' });
    await until('delete second');
    expect(informer.list(namespace).map(({ metadata }) => metadata?.name)).toEqual(['first']);
    await informer.stop();
  });

  it('begin anew when they come too late', async () => {
    const custom = session.config.makeApiClient(k8s.CustomObjectsApi);
    let lists = 0;
    const late = async (): Promise<k8s.KubernetesListObject<k8s.KubernetesObject>> => {
      const answer = (await custom.listNamespacedCustomObject({
        ...cronTabs,
        namespace,
      })) as k8s.KubernetesListObject<k8s.KubernetesObject>;
      // As if it had been cut off since the cluster was made.
      return ++lists === 1 ? Object.assign(answer, { metadata: { resourceVersion: '1' } }) : answer;
    };
    const informer = k8s.makeInformer(session.config, young, late);
    const until = noting(informer);
    await informer.start();
    await vi.waitFor(() => expect(lists).toBe(2), { timeout: 120_000 });
    await custom.createNamespacedCustomObject({
      ...cronTabs,
      namespace,
      body: { apiVersion: 'example.com/v1', kind: 'CronTab', metadata: { name: 'late' } },
    });
    await until('add late');
    await informer.stop();
  });
});
