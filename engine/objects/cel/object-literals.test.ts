import { expect, test } from 'vitest';
import { mutationEnvironment } from '../admission/environment.ts';
import { jsonPatchLibrary, type ObjectValue, type PatchValue, toJson } from './library/objects.ts';
import { compileMutation } from './object-literals.ts';

const environment = mutationEnvironment({ hasParams: false, hasAuthorizer: false });
const object = { spec: { containers: [{ name: 'a' }, { name: 'b' }] } };

function evaluate(expression: string): unknown {
  const value = compileMutation(environment, expression).evaluate({
    object,
    jsonpatch: jsonPatchLibrary,
  });
  if (Array.isArray(value))
    return value.map((each) => Object.fromEntries((each as PatchValue).fields));
  return toJson(value as ObjectValue, 'Object');
}

test.for<readonly [string, unknown]>([
  ['Object{}', {}],
  ['Object{ spec : Object.spec { replicas : 2 , } }', { spec: { replicas: 2 } }],
  [
    'Object{metadata: Object.metadata{labels: {"a{b": "c}"}}}',
    { metadata: { labels: { 'a{b': 'c}' } } },
  ],
  ['has(object.spec) ? Object{a: [1, 2]} : Object{}', { a: [1, 2] }],
  [
    'Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name})}}',
    object,
  ],
  [
    '[JSONPatch{op: "add", path: "/a/" + jsonpatch.escapeKey("x/y~z"), value: true}]',
    [{ op: 'add', path: '/a/x~1y~0z', value: true }],
  ],
] as const)('%s', ([expression, value]) => {
  expect(evaluate(expression)).toEqual(value);
});

test('objects are named by where they stand', () => {
  expect(() => evaluate('Object{spec: Object.other{}}')).toThrow(
    'type mismatch: unexpected type name "Object.other", expected "Object.spec", which matches field name path from root Object type',
  );
});

test('what cannot be compiled is shown as it was written', () => {
  const expression = 'Object{data: {"x": "y"},\n  spec: Object.spec{a: nope}}';
  expect(() => compileMutation(environment, expression)).toThrow(
    "ERROR: <input>:2:24: undeclared reference to 'nope' (in container '')\n |   spec: Object.spec{a: nope}}\n | .......................^",
  );
});
