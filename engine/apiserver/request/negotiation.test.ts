import { describe, expect, it } from 'vitest';
import { negotiateInput, negotiateOutput, negotiateStream } from './negotiation.ts';

const tables = { transforms: ['Table', 'PartialObjectMetadata'] };

function output(accept: string, query = '', transforms = tables) {
  return negotiateOutput(new Headers({ accept }), new URLSearchParams(query), transforms);
}

describe('negotiateOutput', () => {
  it('gives JSON to who asks for nothing', () => {
    expect(negotiateOutput(new Headers(), new URLSearchParams(), tables)).toMatchObject({
      encoding: 'json',
      pretty: false,
    });
  });

  it("serves kubectl's tables", () => {
    expect(output('application/json;as=Table;v=v1;g=meta.k8s.io,application/json').as).toEqual({
      group: 'meta.k8s.io',
      version: 'v1',
      kind: 'Table',
    });
  });

  it('falls back when a kind cannot be had', () => {
    expect(
      output('application/json;as=Table;v=v1;g=meta.k8s.io,application/json', '', {
        transforms: [],
      }).as,
    ).toBeUndefined();
  });

  it('answers protobuf clients in JSON when they accept it', () => {
    expect(output('application/vnd.kubernetes.protobuf,application/json').encoding).toBe('json');
    expect(() => output('application/vnd.kubernetes.protobuf')).toThrow(
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml',
    );
  });

  it('follows quality', () => {
    expect(output('application/json;q=0.5, application/yaml').encoding).toBe('yaml');
    expect(output('*/*, application/yaml').encoding).toBe('yaml');
  });

  it('indents for people', () => {
    expect(output('*/*', 'pretty=true').pretty).toBe(true);
    const headers = new Headers({ 'user-agent': 'curl/8.0' });
    expect(negotiateOutput(headers, new URLSearchParams(), tables).pretty).toBe(true);
  });
});

describe('negotiateStream', () => {
  it('refuses YAML', () => {
    const headers = new Headers({ accept: 'application/yaml' });
    expect(() => negotiateStream(headers, new URLSearchParams(), tables)).toThrow('stream=watch');
  });
});

describe('negotiateInput', () => {
  it('takes JSON, YAML and protobuf and nothing else', () => {
    expect(negotiateInput(new Headers())).toBe('json');
    expect(negotiateInput(new Headers({ 'content-type': 'application/yaml; charset=utf-8' }))).toBe(
      'yaml',
    );
    expect(
      negotiateInput(new Headers({ 'content-type': 'application/vnd.kubernetes.protobuf' })),
    ).toBe('protobuf');
    expect(() => negotiateInput(new Headers({ 'content-type': 'text/plain' }))).toThrow(
      'unknown format',
    );
  });
});
