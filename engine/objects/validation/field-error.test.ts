import { describe, expect, test } from 'vitest';
import { describeErrors, invalidObject } from './field-error.ts';
import { Place } from './place.ts';

describe('errors at fields', () => {
  test('print as upstream prints them', () => {
    const root = Place.root();
    const name = root.child('spec').child('containers').index(0).child('name');
    name.required();
    name.invalid('A\n', 'must be lower case');
    name.duplicate('x');
    name.notFound('y');
    name.notSupported('z', ['a', 'b']);
    name.forbidden('not here');
    name.tooLong(1);
    name.tooMany(3, 2);
    root.child('metadata').child('labels').key('a/b').invalid(-1, 'negative');
    root.child('data').invalid({ a: '<&>' });
    expect(root.errors.map(String)).toEqual([
      'spec.containers[0].name: Required value',
      'spec.containers[0].name: Invalid value: "A\\n": must be lower case',
      'spec.containers[0].name: Duplicate value: "x"',
      'spec.containers[0].name: Not found: "y"',
      'spec.containers[0].name: Unsupported value: "z": supported values: "a", "b"',
      'spec.containers[0].name: Forbidden: not here',
      'spec.containers[0].name: Too long: may not be more than 1 byte',
      'spec.containers[0].name: Too many: 3: must have at most 2 items',
      'metadata.labels[a/b]: Invalid value: -1: negative',
      'data: Invalid value: {"a":"\\u003c\\u0026\\u003e"}',
    ]);
  });

  test('several are one text, each once', () => {
    const root = Place.root();
    root.child('a').required();
    expect(describeErrors(root.errors)).toBe('a: Required value');
    root.child('b').required();
    root.child('b').required();
    expect(describeErrors(root.errors)).toBe('[a: Required value, b: Required value]');
  });

  test('refuse an object with every cause', () => {
    const root = Place.root();
    root.child('spec').required();
    const { status } = invalidObject({ group: 'apps', name: 'Deployment' }, 'web', root.errors);
    expect(status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Deployment.apps "web" is invalid: spec: Required value',
      reason: 'Invalid',
      details: {
        name: 'web',
        group: 'apps',
        kind: 'Deployment',
        causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec' }],
      },
      code: 422,
    });
  });
});
