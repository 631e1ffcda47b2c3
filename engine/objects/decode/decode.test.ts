import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDefinitions } from '../built-in-schemas.ts';
import { builtInResources } from '../resources.ts';
import type { Definitions } from '../schema.ts';
import { StatusError } from '../status/status-error.ts';
import { decodeBuiltIn } from './decode.ts';
import type { FieldValidation } from './request-body.ts';

/** What kube-apiserver 1.37 answered to `POST …?dryRun=All` with the body. */
interface Case {
  readonly rule: string;
  readonly resource: string;
  readonly validation: FieldValidation;
  readonly format: 'json' | 'yaml';
  readonly body: string;
  /** message of the 400, or the warnings of the 201 */
  readonly refused?: string;
  readonly warnings?: readonly string[];
}

const file = new URL('testdata/bodies.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];

const definitions = new Map<string, Definitions>();
beforeAll(async () => {
  for (const resource of builtInResources) {
    definitions.set(resource.plural, await loadDefinitions(resource));
  }
});

function decode({ resource: plural, validation, format, body }: Case) {
  const resource = builtInResources.find((each) => each.plural === plural);
  if (resource === undefined) throw new Error(`no resource ${plural}`);
  const target = {
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    schema: resource.schema,
    definitions: definitions.get(plural) ?? {},
  };
  return decodeBuiltIn(new TextEncoder().encode(body), format, target, validation);
}

function answer(each: Case): unknown {
  try {
    return { warnings: decode(each).warnings };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { code: error.code, refused: error.message };
  }
}

describe('decodeBuiltIn', () => {
  it.each(cases)('$rule: $body', (each) => {
    const { refused, warnings } = each;
    expect(answer(each)).toEqual(refused === undefined ? { warnings } : { code: 400, refused });
  });
});
