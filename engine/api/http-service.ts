import type { ByteStream } from './byte-stream.ts';

/** HTTP from worker to worker: requests as calls, without the detour over a byte stream. */
export interface HttpService {
  /** Cancelling the response's body, or closing its connection, ends the request. */
  request(request: ServiceRequest): Promise<ServiceResponse>;
}

export interface ServiceRequest {
  readonly method: string;
  /** absolute; its authority means nothing */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | null;
}

export interface ServiceResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** The protocol was switched: raw bytes from here on. */
  readonly connection?: ByteStream;
}
