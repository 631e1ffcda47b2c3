/**
 * HTTP messages as plain data. The fetch standard's `Request` and `Response` fit where these are
 * taken, but in browsers they drop headers (`Host`, `Connection`, `Cookie`, `Set-Cookie`), take no
 * streaming bodies everywhere, and refuse status codes that a server must be able to see and to send.
 */

export interface HttpRequest {
  readonly method: string;
  /** absolute; the authority means nothing for a request that was received: see its `Host` header */
  readonly url: string;
  /** free-standing, so that it keeps every name */
  readonly headers: Headers;
  /** decoded from its transfer coding; bytes when it is there as a whole; null when there is none */
  readonly body: ReadableStream<Uint8Array> | Uint8Array | null;
  /** aborts when the other side is gone, or to make it so */
  readonly signal?: AbortSignal;
}

/** One that is sent. */
export interface OutboundRequest extends HttpRequest {
  /** headers that are sent once for each of their values: `Headers` would join them by commas */
  readonly repeated?: Readonly<Record<string, readonly string[]>>;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | Uint8Array | null;
}
