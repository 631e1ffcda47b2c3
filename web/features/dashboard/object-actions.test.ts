import { expect, it } from 'vitest';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { HttpRequest } from '../../../engine/api/http-message.ts';
import { applyEdit, restart, scale, toYaml, type AnyObject } from './object-actions.ts';
import type { Stored } from '../../../engine/client/resource.ts';

const web: Stored<AnyObject> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
    managedFields: [{ manager: 'kubectl' }],
  },
  spec: { replicas: 2 },
};
const name = { name: 'web', namespace: 'default' };

function recording() {
  const requests: HttpRequest[] = [];
  let answered: object = {};
  const client = new Client({
    clock: { now: () => 0, monotonic: () => 0, setTimer: () => ({ dispose() {} }) },
    userAgent: 'test',
    transport: (request) => {
      requests.push(request);
      return Promise.resolve({
        status: 200,
        headers: new Headers(),
        body: new TextEncoder().encode(JSON.stringify(answered)),
      });
    },
  });
  const sent = () =>
    requests.map(({ method, url, body }) => [
      method,
      new URL(url).pathname,
      body === null
        ? undefined
        : (JSON.parse(new TextDecoder().decode(body as Uint8Array)) as unknown),
    ]);
  return { client, sent, answer: (object: object) => void (answered = object) };
}

it('shows an object without its managed fields, and changes of what it is now what somebody has changed', async () => {
  const { client, sent, answer } = recording();
  const yaml = toYaml(web);
  expect(yaml).not.toContain('managedFields');
  expect(yaml.match(/^\w+/gm)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
  const latest = {
    ...web,
    metadata: { ...web.metadata, resourceVersion: '8', labels: { a: 'b' } },
  };
  answer(latest);
  await applyEdit(client, resources.deployments, web, yaml.replace('replicas: 2', 'replicas: 3'));
  expect(sent()).toEqual([
    ['GET', '/apis/apps/v1/namespaces/default/deployments/web', undefined],
    [
      'PUT',
      '/apis/apps/v1/namespaces/default/deployments/web',
      { ...latest, spec: { replicas: 3 } },
    ],
  ]);
});

it('refuses text that is no object, and an object with another name', async () => {
  const { client, sent } = recording();
  const put = (text: string) => applyEdit(client, resources.deployments, web, text);
  await expect(put('')).rejects.toThrow('no object with metadata');
  await expect(put('metadata: [')).rejects.toThrow('sequence');
  await expect(put(toYaml(web).replace('name: web', 'name: other'))).rejects.toThrow(
    'cannot be changed',
  );
  expect(sent()).toEqual([]);
});

it('scales and restarts as kubectl does', async () => {
  const { client, sent } = recording();
  await scale(client, resources.deployments, name, 5);
  await restart(client, resources.deployments, name, '2026-01-02T00:00:00Z');
  expect(sent()).toEqual([
    ['PATCH', '/apis/apps/v1/namespaces/default/deployments/web/scale', { spec: { replicas: 5 } }],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/default/deployments/web',
      {
        spec: {
          template: {
            metadata: {
              annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-02T00:00:00Z' },
            },
          },
        },
      },
    ],
  ]);
});
