import { stringify } from 'yaml';
import type { HttpResponse } from '../../api/http-message.ts';
import type { Status } from '../../objects/status/status.ts';
import type { OutputFormat } from './negotiation.ts';

const encoder = new TextEncoder();
const NEWLINE = encoder.encode('\n');

const JSON_TYPE = 'application/json';
/** As sigs.k8s.io/yaml writes it: texts that YAML 1.1 would take for something else are quoted. */
const YAML = { version: '1.1', indentSeq: false, lineWidth: 0 } as const;

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, field]) => [name, sortedKeys(field)]),
  );
}

/** A value in the encoding the client asked for. */
export function encodedResponse(
  status: number,
  value: unknown,
  { encoding, pretty }: Pick<OutputFormat, 'encoding' | 'pretty'>,
): HttpResponse {
  if (encoding === 'yaml')
    return bytesResponse(
      status,
      encoder.encode(stringify(sortedKeys(value), YAML)),
      'application/yaml',
    );
  const text = pretty ? JSON.stringify(value, null, 2) : `${JSON.stringify(value)}\n`;
  return bytesResponse(status, encoder.encode(text), JSON_TYPE);
}

/** JSON text as it is. */
export function jsonBytesResponse(status: number, json: Uint8Array): HttpResponse {
  const body = new Uint8Array(json.length + 1);
  body.set(json);
  body.set(NEWLINE, json.length);
  return bytesResponse(status, body, JSON_TYPE);
}

/** JSON text that ends with a line break already: lists are long, and a copy of one is dear. */
export function jsonLineResponse(status: number, line: Uint8Array): HttpResponse {
  return bytesResponse(status, line, JSON_TYPE);
}

function bytesResponse(status: number, body: Uint8Array, type: string): HttpResponse {
  return { status, headers: new Headers({ 'content-type': type }), body };
}

export function textResponse(status: number, text: string): HttpResponse {
  const response = bytesResponse(status, encoder.encode(text), 'text/plain; charset=utf-8');
  response.headers.set('x-content-type-options', 'nosniff');
  return response;
}

/** For paths that are none of the API's, as any web server says it. */
export function pageNotFound(): HttpResponse {
  return textResponse(404, '404 page not found\n');
}

/** A failure, as every failure of the API is told. */
export function statusResponse(
  status: Status,
  format: Pick<OutputFormat, 'encoding' | 'pretty'>,
): HttpResponse {
  const response = encodedResponse(status.code, status, format);
  const retry = status.details?.retryAfterSeconds ?? 0;
  if (retry > 0) response.headers.set('retry-after', String(retry));
  return response;
}
