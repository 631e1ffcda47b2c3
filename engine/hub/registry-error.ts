import type { HttpResponse } from '../api/http-message.ts';

/** Error codes of the OCI Distribution specification (and of the distribution project), with the status each travels under. */
const statuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  STORAGE_FULL: 507,
  TAG_INVALID: 400,
  TOO_LARGE: 413,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;
export type RegistryErrorCode = keyof typeof statuses;

const messages: Readonly<Record<RegistryErrorCode, string>> = {
  BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
  BLOB_UPLOAD_UNKNOWN: 'blob upload unknown to registry',
  DENIED: 'requested access to the resource is denied',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  MANIFEST_BLOB_UNKNOWN: 'blob unknown to registry',
  MANIFEST_INVALID: 'manifest invalid',
  MANIFEST_UNKNOWN: 'manifest unknown',
  NAME_INVALID: 'invalid repository name',
  NAME_UNKNOWN: 'repository name not known to registry',
  PAGINATION_NUMBER_INVALID: 'invalid number of results requested',
  RANGE_INVALID: 'invalid content range',
  SIZE_INVALID: 'provided length did not match content length',
  STORAGE_FULL: 'no space left on device',
  TAG_INVALID: 'invalid tag',
  TOO_LARGE: 'content is larger than this registry takes',
  UNAUTHORIZED: 'authentication required',
  UNAVAILABLE: 'service unavailable',
  UNKNOWN: 'unknown error',
  UNSUPPORTED: 'The operation is unsupported.',
};

/** Codes that the specification does not know travel under one that it does. */
const aliases: Partial<Record<RegistryErrorCode, string>> = {
  RANGE_INVALID: 'BLOB_UPLOAD_INVALID',
  STORAGE_FULL: 'UNKNOWN',
  TOO_LARGE: 'SIZE_INVALID',
};

/** Thrown by the handlers and turned into the specification's `{ "errors": [...] }` body. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: RegistryErrorCode,
    detail?: unknown,
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(messages[code], options);
    this.code = code;
    this.detail = detail;
    this.headers = options.headers ?? {};
  }

  toResponse(): HttpResponse {
    const { code, message, detail, headers } = this;
    const body = JSON.stringify({
      errors: [
        { code: aliases[code] ?? code, message, ...(detail === undefined ? {} : { detail }) },
      ],
    });
    return {
      status: statuses[code],
      headers: new Headers({ 'content-type': 'application/json', ...headers }),
      body: new TextEncoder().encode(body),
    };
  }
}
