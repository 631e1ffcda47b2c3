/** What went wrong on a connection, as opposed to what an HTTP status says. */
export type HttpErrorCode =
  /** the other side does not speak HTTP/1.x, or breaks its rules */
  | 'MALFORMED'
  /** start line and headers exceed what is accepted */
  | 'TOO_LARGE'
  /** the connection ended before the message did */
  | 'CLOSED_EARLY';

export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
