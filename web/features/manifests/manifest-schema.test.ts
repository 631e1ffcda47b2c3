import { describe, expect, it } from 'vitest';
import { manifestSchema, when } from './manifest-schema.ts';

const DOCUMENT = {
  components: {
    schemas: {
      Box: {
        type: 'object',
        properties: { spec: { allOf: [{ $ref: '#/components/schemas/BoxSpec' }], default: {} } },
        'x-kubernetes-group-version-kind': [{ group: 'x.io', version: 'v1', kind: 'Box' }],
      },
      BoxSpec: { type: 'object', properties: { properties: { type: 'string' } } },
      Anything: { type: 'object', properties: {}, 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
};

describe('the schema of a manifest', () => {
  const schema = manifestSchema(
    [{ apiVersion: 'x.io/v1', kind: 'Box' }],
    ['v1', 'x.io/v1'],
    [DOCUMENT],
  );

  it('is that of the kind that it names', () => {
    expect(schema.allOf).toContainEqual(
      when({ apiVersion: 'x.io/v1', kind: 'Box' }, { $ref: '#/definitions/Box' }),
    );
    expect(schema.definitions?.['Box']).toMatchObject({
      properties: { spec: { allOf: [{ $ref: '#/definitions/BoxSpec' }] } },
    });
  });

  it('offers what is served', () => {
    expect(schema.properties?.['apiVersion']).toEqual({ type: 'string', enum: ['v1', 'x.io/v1'] });
    expect(schema.allOf).toContainEqual(
      when({ apiVersion: 'x.io/v1' }, { properties: { kind: { enum: ['Box'] } } }),
    );
  });

  it('knows no other fields, except where any are kept', () => {
    expect(schema.definitions?.['BoxSpec']).toMatchObject({ additionalProperties: false });
    expect(schema.definitions?.['Anything']).not.toHaveProperty('additionalProperties');
  });
});
