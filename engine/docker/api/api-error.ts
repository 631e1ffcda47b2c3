import { messageOf } from '../../base/message-of.ts';
import { RuntimeError, type RuntimeErrorCode } from '../../runtime/runtime-error.ts';

/** What the Docker client is told: an HTTP status and `{"message": …}` in dockerd's words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, message);
export const notFound = (message: string): ApiError => new ApiError(404, message);
export const conflict = (message: string): ApiError => new ApiError(409, message);

/** Nothing had to be done: 304 without a body, which the client takes for success. */
export const notModified = (): ApiError => new ApiError(304, '');

const STATUS: Readonly<Record<RuntimeErrorCode, number>> = {
  NOT_FOUND: 404,
  INVALID: 400,
  CONFLICT: 409,
  FORBIDDEN: 403,
  INTERNAL: 500,
  IN_USE: 409,
  NOT_RUNNING: 409,
  NOT_MODIFIED: 304,
  START_FAILED: 500,
  PORT_IN_USE: 500,
  DIGEST_MISMATCH: 500,
  UNAUTHORIZED: 401,
  REGISTRY: 500,
  STORAGE: 500,
};

export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof RuntimeError) {
    // A command that cannot be executed is the caller's mistake in dockerd's eyes.
    const wrongCommand =
      thrown.code === 'START_FAILED' && (thrown.exitCode === 126 || thrown.exitCode === 127);
    return new ApiError(wrongCommand ? 400 : STATUS[thrown.code], thrown.message, {
      cause: thrown,
    });
  }
  return new ApiError(500, messageOf(thrown), {
    cause: thrown,
  });
}
