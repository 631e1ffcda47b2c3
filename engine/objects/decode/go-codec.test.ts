import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../built-in-schemas.ts';
import { groupVersionKind, type KubernetesObject } from '../kubernetes-object.ts';
import { builtInResources } from '../resources.ts';
import { readAs } from './go-codec.ts';

/** Answers of kube-apiserver 1.37 to creations with `?dryRun=All`, one a line. */
const answers = readFileSync(new URL('testdata/objects.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

async function read(object: Readonly<Record<string, unknown>>) {
  const { group, version, kind } = groupVersionKind(object as unknown as KubernetesObject);
  const resource = builtInResources.find(
    (each) => each.group === group && each.version === version && each.kind === kind,
  );
  return readAs(await loadDefinitions({ group, version }), resource?.schema ?? '', object);
}

describe('readAs', () => {
  it.each(answers)('prints what the server printed, in its order: %.60s', async (answer) => {
    const { object, unknown } = await read(JSON.parse(answer) as Record<string, unknown>);
    expect(JSON.stringify(object)).toBe(answer);
    expect(unknown).toEqual([]);
  });

  it('drops what Go omits and keeps structs and what is behind pointers', async () => {
    const { object } = await read({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: {}, annotations: null, finalizers: [] },
      spec: {
        replicas: 0,
        minReadySeconds: 0,
        paused: false,
        template: { spec: { hostNetwork: false, hostUsers: false, volumes: [{ emptyDir: {} }] } },
      },
    });
    expect(object).toEqual({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'web' },
      spec: {
        replicas: 0,
        selector: null,
        template: {
          metadata: {},
          spec: { volumes: [{ name: '', emptyDir: {} }], containers: null, hostUsers: false },
        },
        strategy: {},
      },
      status: {},
    });
  });

  it('gives values their canonical form', async () => {
    const pod = await read({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { deletionTimestamp: '2024-01-01T01:30:00.25+02:00', labels: { b: '1', a: '2' } },
      spec: { containers: [{ resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] },
    });
    expect(pod.object).toMatchObject({
      metadata: { deletionTimestamp: '2023-12-31T23:30:00Z' },
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Gi' } } }] },
    });
    expect(JSON.stringify(pod.object)).toContain('"labels":{"a":"2","b":"1"}');
    const secret = await read({ apiVersion: 'v1', kind: 'Secret', data: { a: 'YW\nI=', b: [97] } });
    expect(secret.object['data']).toEqual({ a: 'YWI=', b: 'YQ==' });
  });

  it('reads a key named __proto__ as data', async () => {
    const object: unknown = JSON.parse(
      '{"apiVersion":"v1","kind":"ConfigMap","data":{"__proto__":"x"},"__proto__":{"y":1}}',
    );
    const result = await read(object as Record<string, unknown>);
    expect(JSON.stringify(result.object['data'])).toBe('{"__proto__":"x"}');
    expect(result.unknown).toEqual(['__proto__']);
  });
});
