/** An expression that is no expression, or one that failed; the message is upstream's. */
export class CelError extends Error {
  override readonly name = 'CelError';
  /** `COMPILE`: refused before it is ever run; `EVALUATE`: failed on the values it was given */
  readonly code: 'COMPILE' | 'EVALUATE';

  constructor(code: CelError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function failed(message: string): CelError {
  return new CelError('EVALUATE', message);
}
