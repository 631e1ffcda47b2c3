import type { RequestBody, Response } from './types.ts';

const phrases: Readonly<Record<string, string>> = {
  '200': 'OK',
  '201': 'Created',
  '202': 'Accepted',
};

/** Answers with a schema under each code, and the refusal of unknown callers. */
export function respond(
  codes: readonly string[],
  mediaTypes: readonly string[],
  schema: { readonly $ref: string } | { readonly type: 'string' },
): Readonly<Record<string, Response>> {
  const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
  return {
    ...Object.fromEntries(
      codes.map((code) => [code, { description: phrases[code] ?? '', content }]),
    ),
    '401': { description: 'Unauthorized' },
  };
}

export function textResponses(mediaTypes: readonly string[]): Readonly<Record<string, Response>> {
  return respond(['200'], mediaTypes, { type: 'string' });
}

export function bodyOf(
  schema: string,
  required: boolean,
  types: readonly string[] = ['*/*'],
): RequestBody {
  const reference = { schema: { $ref: `#/components/schemas/${schema}` } };
  return {
    content: Object.fromEntries(types.map((type) => [type, reference])),
    ...(required ? { required } : {}),
  };
}
