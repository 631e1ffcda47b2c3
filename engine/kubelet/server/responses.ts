import type { HttpResponse } from '../../api/http-message.ts';

const encoder = new TextEncoder();

/** As Go's `http.Error` and go-restful's `WriteErrorString` answer. */
export function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: new Headers({ 'content-type': 'text/plain; charset=utf-8', ...headers }),
    body: encoder.encode(body),
  };
}

export function json(value: unknown): HttpResponse {
  return {
    status: 200,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: encoder.encode(JSON.stringify(value)),
  };
}

export const notFound = (): HttpResponse => text(404, '404 page not found\n');

/** What a handler throws to answer with a status and a text. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code = 'ANSWER';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
