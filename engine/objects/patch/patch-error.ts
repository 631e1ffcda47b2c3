/** A patch that cannot be read or does not apply; the message is upstream's. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  /** `FORMAT` answers 400, `UNPROCESSABLE` 422, `INTERNAL` 500 */
  readonly code: 'FORMAT' | 'UNPROCESSABLE' | 'INTERNAL';

  constructor(code: PatchError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
