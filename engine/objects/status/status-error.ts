import { messageOf } from '../../base/message-of.ts';
import { goQuote } from '../go-text.ts';
import type { Status, StatusCause, StatusDetails, StatusReason } from './status.ts';

/**
 * Every failure of the Kubernetes API: reason, HTTP code, message and details as kube-apiserver
 * gives them (meta/v1 `Status`, k8s.io/apimachinery `pkg/api/errors`).
 */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? '', options);
    this.status = status;
  }

  get reason(): StatusReason {
    return this.status.reason ?? '';
  }

  /** HTTP status code */
  get code(): number {
    return this.status.code;
  }
}

/** A resource or kind with its group (empty for core), as messages name it: `deployments.apps`. */
export interface Qualified {
  readonly group: string;
  /** plural resource name or kind */
  readonly name: string;
}

export function qualifiedName({ group, name }: Qualified): string {
  return group === '' ? name : `${name}.${group}`;
}

function failure(
  code: number,
  reason: StatusReason,
  message: string,
  details?: StatusDetails,
): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** Details about an object; empty parts are left out, as Go's `omitempty` does. */
function about({ group, name: kind }: Qualified, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
  };
}

export function notFound(resource: Qualified, name: string): StatusError {
  return failure(
    404,
    'NotFound',
    `${qualifiedName(resource)} ${goQuote(name)} not found`,
    about(resource, name),
  );
}

/** What the server says about a path it does not serve. */
export function noSuchPath(): StatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** Whether nothing is served under a path, as against an object that is not there. */
export function isNoSuchPath({ code, details }: Status): boolean {
  return code === 404 && details !== undefined && Object.keys(details).length === 0;
}

/** `prefix` goes before the message ("object is being deleted: "). */
export function alreadyExists(resource: Qualified, name: string, prefix = ''): StatusError {
  return failure(
    409,
    'AlreadyExists',
    `${prefix}${qualifiedName(resource)} ${goQuote(name)} already exists`,
    about(resource, name),
  );
}

export function generateNameConflict(resource: Qualified, name: string): StatusError {
  return failure(
    409,
    'AlreadyExists',
    `${qualifiedName(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`,
    { ...about(resource, name), retryAfterSeconds: 1 },
  );
}

export function unauthorized(message = 'Unauthorized'): StatusError {
  return failure(401, 'Unauthorized', message);
}

/** `resource` is empty for paths that are no resources. */
export function forbidden(resource: Qualified, name: string, why: string): StatusError {
  const subject =
    qualifiedName(resource) === ''
      ? 'forbidden'
      : `${qualifiedName(resource)} ${name === '' ? '' : `${goQuote(name)} `}is forbidden`;
  return failure(403, 'Forbidden', `${subject}: ${why}`, about(resource, name));
}

export function conflict(resource: Qualified, name: string, why: string): StatusError {
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedName(resource)} ${goQuote(name)}: ${why}`,
    about(resource, name),
  );
}

/** Conflicts of a server-side apply with other field managers. */
export function applyConflict(causes: readonly StatusCause[], message: string): StatusError {
  return failure(409, 'Conflict', message, { causes });
}

/** A resource version or continue token that is too old. `continueToken` lets the client go on inconsistently. */
export function resourceExpired(message: string, continueToken?: string): StatusError {
  const { status } = failure(410, 'Expired', message);
  return new StatusError(
    continueToken === undefined ? status : { ...status, metadata: { continue: continueToken } },
  );
}

/** `aggregate` is the joined text of the field errors behind `causes`. */
export function invalid(
  kind: Qualified,
  name: string,
  causes: readonly StatusCause[],
  aggregate: string,
): StatusError {
  const subject = `${qualifiedName(kind)} ${goQuote(name)} is invalid`;
  return failure(422, 'Invalid', aggregate === '' ? subject : `${subject}: ${aggregate}`, {
    ...about(kind, name),
    ...(causes.length === 0 ? {} : { causes }),
  });
}

export function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return failure(
    429,
    'TooManyRequests',
    message,
    retryAfterSeconds === 0 ? {} : { retryAfterSeconds },
  );
}

export function serviceUnavailable(message: string): StatusError {
  return failure(503, 'ServiceUnavailable', message);
}

export function methodNotSupported(resource: Qualified, action: string): StatusError {
  return failure(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind ${goQuote(qualifiedName(resource))}`,
    about(resource, ''),
  );
}

/** A method that the path does not know at all. */
export function methodNotAllowed(): StatusError {
  return failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function serverTimeout(
  resource: Qualified,
  operation: string,
  retryAfterSeconds: number,
): StatusError {
  return failure(
    500,
    'ServerTimeout',
    `The ${operation} operation against ${qualifiedName(resource)} could not be completed at this time, please try again.`,
    {
      ...about(resource, operation),
      ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
    },
  );
}

export function internalError(cause: unknown): StatusError {
  const message = messageOf(cause);
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

export function timeout(message: string, retryAfterSeconds: number): StatusError {
  return failure(
    504,
    'Timeout',
    `Timeout: ${message}`,
    retryAfterSeconds === 0 ? {} : { retryAfterSeconds },
  );
}

/** The requested resource version is ahead of the server. */
export function tooLargeResourceVersion(
  requested: number,
  current: number,
  retryAfterSeconds: number,
): StatusError {
  const { status } = timeout(
    `Too large resource version: ${requested}, current: ${current}`,
    retryAfterSeconds,
  );
  return new StatusError({
    ...status,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      ...status.details,
    },
  });
}

export function requestEntityTooLarge(message: string): StatusError {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
}

export function notAcceptable(message: string): StatusError {
  return failure(406, 'NotAcceptable', message);
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** A failure another server described, such as an admission webhook. */
export function customFailure(
  code: number,
  reason: string,
  message: string,
  details?: StatusDetails,
): StatusError {
  return failure(code, reason as StatusReason, message, details);
}

/** Any failure as a `Status`; what is not a `StatusError` becomes an error 500 of unknown reason, as upstream has it. */
export function toStatus(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  const message = messageOf(error);
  return failure(500, '', message).status;
}
