import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../built-in-schemas.ts';
import { readBuiltIn } from '../decode/decode.ts';
import type { FieldValidation } from '../decode/request-body.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { StatusError } from '../status/status-error.ts';
import { patchObject, type PatchType } from './patch.ts';

/** What kube-apiserver 1.37 answered to `PATCH …?dryRun=All`, without managed fields. */
interface Golden {
  readonly live: Readonly<Record<string, KubernetesObject>>;
  readonly cases: readonly {
    readonly rule: string;
    readonly type: PatchType;
    readonly live: string;
    readonly validation: FieldValidation;
    readonly patch: string;
    readonly refused?: { readonly code: number; readonly reason: string; readonly message: string };
    readonly warnings?: readonly string[];
    /** members that changed, with the defaults of what was added */
    readonly result?: Readonly<Record<string, unknown>>;
  }[];
}

const file = new URL('testdata/patches.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;

const kinds = {
  cm: { group: '', version: 'v1', kind: 'ConfigMap', schema: 'io.k8s.api.core.v1.ConfigMap' },
  deploy: {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    schema: 'io.k8s.api.apps.v1.Deployment',
  },
};
const targets = new Map(
  await Promise.all(
    Object.entries(kinds).map(
      async ([name, kind]) =>
        [name, { ...kind, definitions: await loadDefinitions(kind) }] as const,
    ),
  ),
);

describe('patchObject', () => {
  it.each(golden.cases)('$type, $rule: $patch', (each) => {
    const target = targets.get(each.live);
    const live = golden.live[each.live];
    if (target === undefined || live === undefined) throw new Error(each.live);
    const before = JSON.stringify(live);
    const answer = () =>
      patchObject({
        type: each.type,
        bytes: new TextEncoder().encode(each.patch),
        live,
        read: (value, origin) => readBuiltIn(value, target, origin),
        validation: each.validation,
        schema: { name: target.schema, definitions: target.definitions },
      });
    if (each.refused !== undefined) {
      expect(answer).toThrow(StatusError);
      expect(answer).toThrow(expect.objectContaining(each.refused));
    } else {
      const { object, warnings } = answer();
      expect(warnings).toEqual(each.warnings);
      const expected: Record<string, unknown> = { ...live, ...each.result };
      for (const [key, value] of Object.entries(object)) {
        if (key !== 'status') expect(expected[key]).toMatchObject(value as object);
      }
      for (const [key, value] of Object.entries(each.result ?? {})) {
        if (value === null) expect(object).not.toHaveProperty(key);
      }
    }
    expect(JSON.stringify(live)).toBe(before);
  });
});
