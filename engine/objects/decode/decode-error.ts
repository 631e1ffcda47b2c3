/** A body that cannot be read as the object it should be; the message is upstream's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  /** `SYNTAX`: no JSON or YAML; `TYPE`: a value of the wrong type; `KIND`: not the expected kind; `STRICT`: unknown or duplicate fields */
  readonly code: 'SYNTAX' | 'TYPE' | 'KIND' | 'STRICT';

  constructor(code: DecodeError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
