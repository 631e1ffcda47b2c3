import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Schema, ValidationRule } from '../../schema.ts';
import { rootSchema } from '../../validation/definitions/schema.ts';
import { Place } from '../../validation/place.ts';
import { ruleCheck } from './rule-tree.ts';

/** Rules of a schema that kube-apiserver 1.37 was given, and what it said of values. */
interface Golden {
  readonly schema: Schema;
  readonly cases: readonly {
    readonly rule: ValidationRule;
    readonly refused?: readonly Cause[];
    readonly values?: readonly { readonly value: unknown; readonly causes?: readonly Cause[] }[];
  }[];
}

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

const file = new URL('../testdata/rules.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;

const withRule = (rule: ValidationRule): Schema => ({
  type: 'object',
  properties: { spec: { ...golden.schema, 'x-kubernetes-validations': [rule] } },
});

function problems(schema: Schema) {
  const at = Place.root([], 'spec.validation.openAPIV3Schema');
  rootSchema(schema, at, false);
  return at.errors;
}

/** Upstream makes up a name for the type of `self`, a new one each time. */
const named = (message: string) => message.replaceAll(/selfType\d+/g, 'selfType');

describe('rules of a definition are refused', () => {
  it.each(golden.cases.filter(({ refused }) => refused))('$rule.rule', ({ rule, refused = [] }) => {
    expect(
      problems(withRule(rule)).map(({ type, body, field }) => ({
        reason: type,
        message: body,
        field,
      })),
    ).toEqual(refused.map((cause) => ({ ...cause, message: named(cause.message) })));
  });
});

describe('rules of a definition are taken, and say of a value', () => {
  const cases = golden.cases.flatMap(({ rule, values = [] }) =>
    values.map((value) => ({ rule, ...value })),
  );
  it.each(cases)('$rule.rule: $value', ({ rule, value, causes = [] }) => {
    const schema = withRule(rule);
    expect(problems(schema)).toEqual([]);
    const found = ruleCheck(schema)?.({ spec: value }) ?? [];
    expect(found.map(({ type, body, field }) => ({ reason: type, message: body, field }))).toEqual(
      causes,
    );
  });
});
