/** Error codes of the OCI Distribution specification, with the status each travels under. */
const statuses = {
  BLOB_UNKNOWN: 404,
  DENIED: 401,
  DIGEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  PAGINATION_NUMBER_INVALID: 400,
  UNAVAILABLE: 503,
  UNSUPPORTED: 405,
} as const;
export type RegistryErrorCode = keyof typeof statuses;

const messages: Readonly<Record<RegistryErrorCode, string>> = {
  BLOB_UNKNOWN: 'blob unknown to registry',
  DENIED: 'requested access to the resource is denied',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  MANIFEST_UNKNOWN: 'manifest unknown',
  NAME_INVALID: 'invalid repository name',
  PAGINATION_NUMBER_INVALID: 'invalid number of results requested',
  UNAVAILABLE: 'service unavailable',
  UNSUPPORTED: 'The operation is unsupported.',
};

/** Thrown by the handlers and turned into the specification's `{ "errors": [...] }` body. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly detail: unknown;

  constructor(code: RegistryErrorCode, detail?: unknown, options?: ErrorOptions) {
    super(messages[code], options);
    this.code = code;
    this.detail = detail;
  }

  toResponse(withBody: boolean): Response {
    const { code, message, detail } = this;
    const body = JSON.stringify({
      errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }],
    });
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'content-length': String(new TextEncoder().encode(body).byteLength),
    };
    if (code === 'UNSUPPORTED') headers['allow'] = 'GET, HEAD';
    return new Response(withBody ? body : null, { status: statuses[code], headers });
  }
}
