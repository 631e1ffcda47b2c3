export type RuntimeErrorCode =
  | 'NOT_FOUND'
  | 'INVALID'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'INTERNAL'
  | 'IN_USE'
  | 'NOT_RUNNING'
  | 'NOT_MODIFIED'
  | 'START_FAILED'
  | 'PORT_IN_USE'
  | 'DIGEST_MISMATCH'
  | 'UNAUTHORIZED'
  | 'REGISTRY'
  | 'STORAGE';

/** A failure that the runtime's user asked for or can act on. `message` is Docker's text where Docker has one. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;
  /** what the Docker client exits with when a start failed: 125, 126 or 127 */
  readonly exitCode?: number;

  constructor(
    code: RuntimeErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly exitCode?: number } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.exitCode !== undefined) this.exitCode = options.exitCode;
  }
}
