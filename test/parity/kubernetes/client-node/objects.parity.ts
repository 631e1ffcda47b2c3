/** The official JavaScript client: reading, writing, every kind of patch, pages, custom resources, refusals. */
import * as k8s from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cronTabs, defineCronTabs } from './cron-tabs.ts';
import { refusal, startSession, type ClientNodeSession } from './client-node-session.ts';

const namespace = 'default';

let session: ClientNodeSession;
let core: k8s.CoreV1Api;
let apps: k8s.AppsV1Api;
beforeAll(async () => {
  session = await startSession();
  core = session.config.makeApiClient(k8s.CoreV1Api);
  apps = session.config.makeApiClient(k8s.AppsV1Api);
});
afterAll(() => session.close());

const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): k8s.V1ConfigMap => ({ metadata: { name, labels }, data });

const deployment = (name: string, replicas?: number): k8s.V1Deployment => ({
  metadata: { name },
  spec: {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] },
    },
  },
});

const as = (type: string) => k8s.setHeaderOptions('Content-Type', type);

describe('objects', () => {
  it('are created, read, replaced and deleted', async () => {
    const created = await core.createNamespacedConfigMap({
      namespace,
      body: configMap('life', { a: '1' }),
    });
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const read = await core.readNamespacedConfigMap({ namespace, name: 'life' });
    expect(read).toEqual(created);
    const replaced = await core.replaceNamespacedConfigMap({
      namespace,
      name: 'life',
      body: Object.assign(read, { data: { b: '2' } }),
    });
    expect(replaced.data).toEqual({ b: '2' });
    expect(replaced.metadata?.uid).toBe(created.metadata?.uid);
    const deleted = await core.deleteNamespacedConfigMap({ namespace, name: 'life' });
    expect(deleted).toMatchObject({ status: 'Success', details: { name: 'life' } });
  });

  it('come back with defaults and bytes', async () => {
    const secret = await core.createNamespacedSecret({
      namespace,
      body: { metadata: { name: 'bytes' }, stringData: { text: 'größer' } },
    });
    expect(Buffer.from(secret.data?.['text'] ?? '', 'base64').toString()).toBe('größer');
    const made = await apps.createNamespacedDeployment({ namespace, body: deployment('defaults') });
    expect(made.spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
    });
  });

  it('are changed by a dry run only in the answer', async () => {
    await core.createNamespacedConfigMap({
      namespace,
      body: configMap('dry'),
      dryRun: 'All',
    });
    expect(await refusal(core.readNamespacedConfigMap({ namespace, name: 'dry' }))).toMatchObject({
      reason: 'NotFound',
    });
  });

  it('are handled without their types', async () => {
    const objects = k8s.KubernetesObjectApi.makeApiClient(session.config);
    const header = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'untyped', namespace },
    };
    await objects.create({ ...header, spec: deployment('untyped').spec } as k8s.KubernetesObject);
    const patched = await objects.patch<k8s.V1Deployment>(
      { ...header, spec: { replicas: 3 } } as k8s.KubernetesObject,
      undefined,
      undefined,
      'untyped-test',
      undefined,
      k8s.PatchStrategy.StrategicMergePatch,
    );
    expect(patched.spec?.replicas).toBe(3);
    const list = await objects.list('apps/v1', 'Deployment', namespace);
    expect(list.items.map(({ metadata }) => metadata?.name)).toContain('untyped');
    await objects.delete(header);
    expect(await refusal(objects.read(header))).toMatchObject({
      message: 'deployments.apps "untyped" not found',
    });
  });
});

describe('patches', () => {
  beforeAll(async () => {
    await apps.createNamespacedDeployment({ namespace, body: deployment('patched') });
  });
  const patch = (
    type: string,
    body: object,
    options: { fieldManager?: string; force?: boolean } = {},
  ) => apps.patchNamespacedDeployment({ namespace, name: 'patched', body, ...options }, as(type));

  it('are lists of operations', async () => {
    const changed = await patch(k8s.PatchStrategy.JsonPatch, [
      { op: 'test', path: '/spec/replicas', value: 1 },
      { op: 'replace', path: '/spec/replicas', value: 2 },
      { op: 'add', path: '/metadata/labels', value: { 'example.com/tier': 'front' } },
    ]);
    expect(changed.spec?.replicas).toBe(2);
    expect(changed.metadata?.labels).toEqual({ 'example.com/tier': 'front' });
    const failed = await refusal(
      patch(k8s.PatchStrategy.JsonPatch, [{ op: 'test', path: '/spec/replicas', value: 1 }]),
    );
    expect(failed).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('merge, and remove what is null', async () => {
    const changed = await patch(k8s.PatchStrategy.MergePatch, {
      metadata: { labels: { 'example.com/tier': null, app: 'web' } },
      spec: { template: { spec: { containers: [{ name: 'only', image: 'httpd' }] } } },
    });
    expect(changed.metadata?.labels).toEqual({ app: 'web' });
    expect(changed.spec?.template.spec?.containers).toMatchObject([
      { name: 'only', image: 'httpd' },
    ]);
  });

  it('merge lists by their keys', async () => {
    const changed = await patch(k8s.PatchStrategy.StrategicMergePatch, {
      spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } },
    });
    expect(changed.spec?.template.spec?.containers.map(({ name }) => name)).toEqual([
      'side',
      'only',
    ]);
    const less = await patch(k8s.PatchStrategy.StrategicMergePatch, {
      spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } },
    });
    expect(less.spec?.template.spec?.containers.map(({ name }) => name)).toEqual(['only']);
  });

  it('apply what somebody wants, and tell whose fields they are', async () => {
    const wanted = (replicas: number): object => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'applied' },
      spec: deployment('applied', replicas).spec,
    });
    const apply = (replicas: number, options: { fieldManager: string; force?: boolean }) =>
      apps.patchNamespacedDeployment(
        { namespace, name: 'applied', body: wanted(replicas), ...options },
        as(k8s.PatchStrategy.ServerSideApply),
      );
    const first = await apply(2, { fieldManager: 'one' });
    expect(first.metadata?.managedFields).toMatchObject([{ manager: 'one', operation: 'Apply' }]);
    const conflict = await refusal(apply(3, { fieldManager: 'two' }));
    expect(conflict).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
    });
    expect(conflict.message).toContain('conflict with "one"');
    const forced = await apply(3, { fieldManager: 'two', force: true });
    expect(forced.spec?.replicas).toBe(3);
  });

  it('reach subresources', async () => {
    const scaled = await apps.patchNamespacedDeploymentScale(
      { namespace, name: 'patched', body: { spec: { replicas: 5 } } },
      as(k8s.PatchStrategy.MergePatch),
    );
    expect(scaled).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    const status = await apps.patchNamespacedDeploymentStatus(
      { namespace, name: 'patched', body: { status: { replicas: 4 }, spec: { replicas: 9 } } },
      as(k8s.PatchStrategy.MergePatch),
    );
    expect(status).toMatchObject({ spec: { replicas: 5 }, status: { replicas: 4 } });
  });
});

describe('lists', () => {
  const names = Array.from({ length: 23 }, (_, index) => `page-${String(index).padStart(2, '0')}`);
  beforeAll(async () => {
    for (const [index, name] of names.entries())
      await core.createNamespacedConfigMap({
        namespace,
        body: configMap(name, {}, { set: 'pages', half: index % 2 === 0 ? 'even' : 'odd' }),
      });
  });

  it('come in pages of one moment', async () => {
    const seen: (string | undefined)[] = [];
    const versions = new Set<string | undefined>();
    const remaining: (number | undefined)[] = [];
    let token: string | undefined;
    do {
      const page: k8s.V1ConfigMapList = await core.listNamespacedConfigMap({
        namespace,
        limit: 10,
        ...(token === undefined ? {} : { _continue: token }),
      });
      seen.push(...page.items.map(({ metadata }) => metadata?.name));
      versions.add(page.metadata?.resourceVersion);
      remaining.push(page.metadata?.remainingItemCount);
      token = page.metadata?._continue;
      if (seen.length === 10)
        await core.deleteNamespacedConfigMap({ namespace, name: names.at(-1) ?? '' });
    } while (token !== undefined && token !== '');
    expect(seen.filter((name) => name?.startsWith('page-'))).toEqual(names);
    expect(versions.size).toBe(1);
    expect(remaining.at(-1)).toBeUndefined();
    expect(remaining[0]).toBe(seen.length - 10);
  });

  it('are selected by labels and fields', async () => {
    const even = await core.listNamespacedConfigMap({
      namespace,
      labelSelector: 'set=pages,half in (even),!missing',
    });
    expect(even.items).toHaveLength(11);
    const one = await core.listConfigMapForAllNamespaces({
      fieldSelector: 'metadata.name=page-03,metadata.namespace=default',
    });
    expect(one.items.map(({ metadata }) => metadata?.name)).toEqual(['page-03']);
  });

  it('are deleted together', async () => {
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'set=pages' });
    const left = await core.listNamespacedConfigMap({ namespace, labelSelector: 'set=pages' });
    expect(left.items).toEqual([]);
  });
});

describe('custom resources', () => {
  let custom: k8s.CustomObjectsApi;

  beforeAll(async () => {
    custom = session.config.makeApiClient(k8s.CustomObjectsApi);
    await defineCronTabs(session.config);
  });

  const body = (spec: object): object => ({
    apiVersion: `${cronTabs.group}/${cronTabs.version}`,
    kind: 'CronTab',
    metadata: { name: 'nightly' },
    spec,
  });
  const all = { ...cronTabs, namespace };
  const one = { ...all, name: 'nightly' };

  it('are written by their schema', async () => {
    const refused = await refusal(
      custom.createNamespacedCustomObject({ ...all, body: body({ schedule: 'never' }) }),
    );
    expect(refused).toMatchObject({ code: 422, reason: 'Invalid' });
    const created: unknown = await custom.createNamespacedCustomObject({
      ...all,
      body: body({ schedule: '0 3 * * *', unknown: true }),
    });
    expect(created).toMatchObject({ spec: { schedule: '0 3 * * *', replicas: 1 } });
    expect(created).not.toHaveProperty('spec.unknown');
  });

  it('are patched, but not strategically', async () => {
    const merged: unknown = await custom.patchNamespacedCustomObject(
      { ...one, body: { spec: { replicas: 2 } } },
      as(k8s.PatchStrategy.MergePatch),
    );
    expect(merged).toHaveProperty('spec.replicas', 2);
    const refused = await refusal(
      custom.patchNamespacedCustomObject(
        { ...one, body: { spec: { replicas: 2 } } },
        as(k8s.PatchStrategy.StrategicMergePatch),
      ),
    );
    expect(refused).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    const applied: unknown = await custom.patchNamespacedCustomObject(
      { ...one, body: body({ replicas: 3 }), fieldManager: 'me', force: true },
      as(k8s.PatchStrategy.ServerSideApply),
    );
    expect(applied).toHaveProperty('spec.replicas', 3);
    const status: unknown = await custom.patchNamespacedCustomObjectStatus(
      { ...one, body: { status: { last: 'today' }, spec: { replicas: 9 } } },
      as(k8s.PatchStrategy.MergePatch),
    );
    expect(status).toMatchObject({ spec: { replicas: 3 }, status: { last: 'today' } });
  });
});

describe('refusals', () => {
  it('are a Status with reason, details and causes', async () => {
    const missing = await refusal(core.readNamespacedPod({ namespace, name: 'none' }));
    expect(missing).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      code: 404,
      reason: 'NotFound',
      message: 'pods "none" not found',
      details: { name: 'none', kind: 'pods' },
    });
    const invalid = await refusal(
      apps.createNamespacedDeployment({
        namespace,
        body: deployment('bad', -1),
      }),
    );
    expect(invalid).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: {
        group: 'apps',
        kind: 'Deployment',
        causes: [
          {
            reason: 'FieldValueInvalid',
            field: 'spec.replicas',
            message: 'Invalid value: -1: must be greater than or equal to 0',
          },
        ],
      },
    });
  });

  it('tell of what is there already, and of what has changed since', async () => {
    const made = await core.createNamespacedConfigMap({ namespace, body: configMap('twice') });
    const again = core.createNamespacedConfigMap({ namespace, body: configMap('twice') });
    expect(await refusal(again)).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    const put = (): Promise<unknown> =>
      core.replaceNamespacedConfigMap({
        namespace,
        name: 'twice',
        body: Object.assign(made, { data: { now: 'new' } }),
      });
    await put();
    expect(await refusal(put())).toMatchObject({ code: 409, reason: 'Conflict' });
    const uid = core.deleteNamespacedConfigMap({
      namespace,
      name: 'twice',
      body: { preconditions: { uid: 'another' } },
    });
    expect(await refusal(uid)).toMatchObject({ code: 409, reason: 'Conflict' });
  });

  it('tell who may not', async () => {
    const stranger = new k8s.KubeConfig();
    stranger.loadFromString(session.config.exportConfig());
    stranger.addUser({ name: 'nobody', token: 'wrong' });
    stranger.setCurrentContext(session.config.getCurrentContext());
    const context = stranger.getContextObject(stranger.getCurrentContext());
    stranger.contexts = context === null ? [] : [{ ...context, user: 'nobody' }];
    const wrong = stranger.makeApiClient(k8s.CoreV1Api).listNode();
    // The client does not hand over what the server said.
    await expect(wrong).rejects.toMatchObject({ code: 401 });
    const review = await session.config
      .makeApiClient(k8s.AuthorizationV1Api)
      .createSelfSubjectAccessReview({
        body: { spec: { resourceAttributes: { verb: 'delete', resource: 'nodes' } } },
      });
    expect(review.status?.allowed).toBe(true);
  });
});
