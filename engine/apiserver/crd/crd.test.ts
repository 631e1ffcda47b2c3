import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldAt } from '../registry/api-object.ts';
import { TestServer } from '../testing/test-server.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ROOT = '/apis/stable.example.com';

const properties = {
  spec: {
    type: 'object',
    properties: {
      cronSpec: { type: 'string', pattern: '^[0-9* ]+$' },
      image: { type: 'string' },
      replicas: { type: 'integer', minimum: 1, default: 1 },
    },
  },
  status: {
    type: 'object',
    properties: { replicas: { type: 'integer' }, labelSelector: { type: 'string' } },
  },
};

function version(name: string, storage: boolean, more: object = {}): object {
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', properties } },
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.labelSelector',
      },
    },
    additionalPrinterColumns: [{ name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' }],
    ...more,
  };
}

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
    versions: [version('v1', true), version('v1beta1', false, { deprecated: true })],
  },
};

const crontab = {
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name: 'nightly' },
  spec: { cronSpec: '0 0 * * *', image: 'img', unknown: 1 },
};

describe('CustomResourceDefinitions', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = await TestServer.start();
  });
  afterEach(() => api.stop());

  async function established(name: string): Promise<void> {
    for await (const { object } of api.watch(
      `${DEFINITIONS}?watch=true&fieldSelector=metadata.name%3D${name}`,
    )) {
      const conditions = fieldAt(object, ['status', 'conditions']);
      if (!Array.isArray(conditions)) continue;
      const found = conditions.find((one) => fieldAt(one, ['type']) === 'Established');
      if (fieldAt(found, ['status']) === 'True') return;
    }
  }

  async function define(body: object = definition): Promise<void> {
    const { status } = await api.request('POST', DEFINITIONS, { body });
    expect(status).toBe(201);
    await established('crontabs.stable.example.com');
  }

  const path = `${ROOT}/v1/namespaces/default/crontabs`;

  it('serves what a definition describes as soon as it is established', async () => {
    await define();
    const { body } = await api.request('GET', `${DEFINITIONS}/crontabs.stable.example.com`);
    expect(body['status']).toMatchObject({
      acceptedNames: { plural: 'crontabs', kind: 'CronTab', listKind: 'CronTabList' },
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
      storedVersions: ['v1'],
    });
    const created = await api.request('POST', path, { body: crontab });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { cronSpec: '0 0 * * *', image: 'img', replicas: 1 },
    });
    expect(created.body['spec']).not.toHaveProperty('unknown');
    const list = await api.request('GET', path);
    expect(list.body).toMatchObject({
      kind: 'CronTabList',
      items: [{ kind: 'CronTab', apiVersion: 'stable.example.com/v1' }],
    });
  });

  it('says what an object lacks', async () => {
    await define();
    const body = { ...crontab, spec: { cronSpec: 'never', replicas: 0 } };
    const answer = await api.request('POST', path, { body });
    expect(answer.status).toBe(422);
    expect(answer.body['message']).toContain('spec.cronSpec: Invalid value: "never"');
    expect(answer.body['message']).toContain('spec.replicas: Invalid value: 0');
  });

  it('shows objects in every version, with a warning in a deprecated one', async () => {
    await define();
    await api.request('POST', path, { body: crontab });
    const other = await api.request('GET', `${ROOT}/v1beta1/namespaces/default/crontabs/nightly`);
    expect(other.body['apiVersion']).toBe('stable.example.com/v1beta1');
    expect(other.headers.get('warning')).toBe(
      '299 - "stable.example.com/v1beta1 CronTab is deprecated; use stable.example.com/v1 CronTab"',
    );
  });

  it('keeps spec and status apart, counts generations and scales', async () => {
    await define();
    await api.request('POST', path, { body: crontab });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const status = await api.request('PATCH', `${path}/nightly/status`, {
      headers: merge,
      body: { spec: { image: 'other' }, status: { replicas: 3, labelSelector: 'a=b' } },
    });
    expect(status.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { image: 'img' },
      status: { replicas: 3 },
    });
    const scale = await api.request('PATCH', `${path}/nightly/scale`, {
      headers: merge,
      body: { spec: { replicas: 5 } },
    });
    expect(scale.body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 5 },
      status: { replicas: 3, selector: 'a=b' },
    });
    expect(scale.body.metadata['managedFields']).toBeUndefined();
    const negative = await api.request('PATCH', `${path}/nightly/scale`, {
      headers: merge,
      body: { spec: { replicas: -3 } },
    });
    expect(negative.body).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        '.spec.replicas: Invalid value: -3: should be a non-negative integer',
      ) as string,
      details: { kind: 'CronTab' },
    });
    expect((await api.request('GET', `${path}/nightly/log`)).body).toMatchObject({
      code: 404,
      message: 'crontabs.stable.example.com "nightly" not found',
    });
    expect((await api.request('GET', path)).body.metadata['continue']).toBe('');
    const { body } = await api.request('GET', `${path}/nightly`);
    expect(body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 5 } });
  });

  it('prints the columns of the definition', async () => {
    await define();
    await api.request('POST', path, { body: crontab });
    const { body } = await api.request('GET', path, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(body).toMatchObject({
      columnDefinitions: [{ name: 'Name' }, { name: 'Spec' }],
      rows: [{ cells: ['nightly', '0 0 * * *'] }],
    });
  });

  it('appears in discovery and in OpenAPI', async () => {
    await define();
    const { body } = await api.request('GET', `${ROOT}/v1`);
    expect(body['resources']).toMatchObject([
      { name: 'crontabs', shortNames: ['ct'], kind: 'CronTab' },
      { name: 'crontabs/status' },
      { name: 'crontabs/scale', kind: 'Scale', group: 'autoscaling' },
    ]);
    const index = await api.request('GET', '/openapi/v3');
    expect(index.body['paths']).toHaveProperty(['apis/stable.example.com/v1']);
  });

  it('refuses names that another definition has', async () => {
    await define();
    const name = 'cronjobs.stable.example.com';
    const { spec } = definition;
    const names = { plural: 'cronjobs', kind: 'CronTab', shortNames: ['ct'] };
    await api.request('POST', DEFINITIONS, {
      body: { ...definition, metadata: { name }, spec: { ...spec, names } },
    });
    for await (const { object } of api.watch(
      `${DEFINITIONS}?watch=true&fieldSelector=metadata.name%3D${name}`,
    )) {
      const conditions = fieldAt(object, ['status', 'conditions']);
      if (!Array.isArray(conditions) || conditions.length === 0) continue;
      expect(conditions).toMatchObject([
        {
          type: 'NamesAccepted',
          status: 'False',
          reason: 'ListKindConflict',
          message: '"CronTabList" is already in use',
        },
        { type: 'Established', status: 'False', reason: 'NotAccepted' },
      ]);
      break;
    }
    const { status } = await api.request('GET', `${ROOT}/v1/cronjobs`);
    expect(status).toBe(404);
  });

  it('removes the objects of a definition before it goes', async () => {
    await define();
    await api.request('POST', path, { body: crontab });
    const watched = api.watch(`${path}?watch=true`);
    await watched.next();
    const { body } = await api.request('DELETE', `${DEFINITIONS}/crontabs.stable.example.com`);
    expect(body.metadata['finalizers']).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    const event = await watched.next();
    expect(event.value).toMatchObject({ type: 'DELETED', object: { kind: 'CronTab' } });
    for await (const { type } of api.watch(`${DEFINITIONS}?watch=true`))
      if (type === 'DELETED') break;
    await expect(watched.next()).resolves.toMatchObject({ done: true });
    await expect.poll(async () => (await api.request('GET', path)).status).toBe(404);
  });
});
