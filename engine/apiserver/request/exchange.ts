import type { Clock } from '../../base/clock.ts';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { UserInfo } from '../auth/user-info.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { RequestInfo } from './request-info.ts';

/** One event of a watch. */
export interface SentEvent {
  /** bytes */
  readonly size: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** what it tells; a bookmark tells of none */
  readonly stored: StoredObject | undefined;
}

/** Who keeps account of requests: metrics, the audit log. */
export interface Accountant {
  /** It is known what is wanted and, unless that failed, who wants it. */
  received(exchange: Exchange): void;
  /** A response has begun that may last: a watch, an upgraded connection. */
  started(exchange: Exchange): void;
  /** What is to be told of each event of a watch; there may be very many. */
  events?(exchange: Exchange): (event: SentEvent) => void;
  /** The last byte of the response is on its way, or the client is gone. */
  completed(exchange: Exchange): void;
}

/** Told by a stream that keeps account of itself. */
export interface StreamMeter {
  sent(event: SentEvent): void;
  end(): void;
}

/** One request from its arrival to the end of its response. */
export class Exchange {
  readonly request: HttpRequest;
  readonly clock: Clock;
  readonly auditId: string;
  readonly remoteAddress: string;
  /** UNIX milliseconds */
  readonly receivedAt: number;
  /** milliseconds of the monotonic clock */
  readonly begunAt: number;
  info: RequestInfo | undefined;
  /** who it is; absent before that is known */
  user: UserInfo | undefined;
  /** as whom they act, if that is somebody else */
  actingAs: UserInfo | undefined;
  /** the request's body, which is an object or bytes of JSON, once it is understood */
  object: unknown;
  response: HttpResponse | TakenOver | undefined;
  /** id under which a breakpoint held it */
  heldAs: number | undefined;
  /** bytes of the response's body */
  size = 0;
  readonly annotations = new Map<string, string>();
  readonly #accountants: readonly Accountant[];
  #completed = false;
  #metered = false;

  constructor(
    request: HttpRequest,
    remoteAddress: string,
    auditId: string,
    clock: Clock,
    accountants: readonly Accountant[],
  ) {
    this.request = request;
    this.clock = clock;
    this.remoteAddress = remoteAddress;
    this.auditId = auditId;
    this.receivedAt = clock.now();
    this.begunAt = clock.monotonic();
    this.#accountants = accountants;
  }

  /** The first value of a key stays. */
  annotate(key: string, value: string): void {
    if (!this.annotations.has(key)) this.annotations.set(key, value);
  }

  /** Tells what the request's body is. */
  understood(object: unknown): void {
    this.object = object;
  }

  received(): void {
    for (const accountant of this.#accountants) accountant.received(this);
  }

  /** For a response whose body tells of itself what is sent, and when it ends. */
  meter(): StreamMeter {
    this.#metered = true;
    const told = this.#accountants.flatMap((accountant) => accountant.events?.(this) ?? []);
    return {
      sent: (event) => {
        this.size += event.size;
        for (const tell of told) tell(event);
      },
      end: () => this.#complete(),
    };
  }

  /** The response, which tells when it has ended. */
  respond(response: HttpResponse | TakenOver): HttpResponse | TakenOver {
    this.response = response;
    if ('takeOver' in response) {
      this.#started();
      return {
        ...response,
        takeOver: (stream) => response.takeOver(stream).finally(() => this.#complete()),
      };
    }
    const { body } = response;
    if (!(body instanceof ReadableStream)) {
      this.size = body?.length ?? 0;
      this.#complete();
      return response;
    }
    this.#started();
    return this.#metered ? response : { ...response, body: this.#counted(body) };
  }

  #started(): void {
    for (const accountant of this.#accountants) accountant.started(this);
  }

  #complete(): void {
    if (this.#completed) return;
    this.#completed = true;
    for (const accountant of this.#accountants) accountant.completed(this);
  }

  #counted(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (done) {
              this.#complete();
              controller.close();
              return;
            }
            this.size += value.length;
            controller.enqueue(value);
          } catch (error) {
            this.#complete();
            controller.error(error);
          }
        },
        cancel: (reason) => {
          this.#complete();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }
}
