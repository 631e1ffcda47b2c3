import { goQuote } from '../objects/go-text.ts';
import { customFailure, StatusError } from '../objects/status/status-error.ts';
import type { Status, StatusReason } from '../objects/status/status.ts';

/** The reasons client-go gives to answers that are no `Status`: proxies and broken servers send them. */
const REASONS: Readonly<Record<number, StatusReason>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  410: 'Gone',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** What client-go says of such an answer. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  415: 'the server was unable to process the content type of the request',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** The error an answer stands for (`NewGenericServerResponse` of apimachinery where it is no `Status`). */
export function failureOf(method: string, code: number, text: string): StatusError {
  const status = statusOf(text);
  if (status !== undefined) return new StatusError(status);
  const reason =
    REASONS[code] ?? (code === 409 ? (method === 'POST' ? 'AlreadyExists' : 'Conflict') : '');
  const said = text.trim() === '' ? 'unknown' : text.trim();
  if (code === 403) return customFailure(code, reason, said);
  if (code >= 500 && MESSAGES[code] === undefined)
    return customFailure(
      code,
      'InternalError',
      `an error on the server (${goQuote(said)}) has prevented the request from succeeding`,
    );
  return customFailure(
    code,
    reason,
    MESSAGES[code] ??
      `the server responded with the status code ${code} but did not return more information`,
  );
}

function statusOf(text: string): Status | undefined {
  try {
    const value = JSON.parse(text) as Partial<Status> | null;
    return value?.kind === 'Status' && typeof value.code === 'number'
      ? (value as Status)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Why the API server refused; undefined for any other failure. */
export function reasonOf(error: unknown): StatusReason | undefined {
  return error instanceof StatusError ? error.reason : undefined;
}

/** Whether the API server gave this cause: `NamespaceTerminating`, … */
export function hasCause(error: unknown, cause: string): boolean {
  return (
    error instanceof StatusError &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === cause)
  );
}
