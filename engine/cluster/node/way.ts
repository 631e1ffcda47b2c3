import type { Clock } from '../../base/clock.ts';
import { sleep } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { HttpHandler } from '../../http/index.ts';

/** Milliseconds until nobody on the Ethernet has said that an address is his (three ARP requests, a second apart). */
const NO_ROUTE_MS = 3000;

/** Whether packets pass between two places. */
export class Way {
  readonly #changed = new Emitter<boolean>();
  readonly onChange = this.#changed.event;
  /** milliseconds that a packet takes from one end to the other */
  delay = 0;
  #isOpen = true;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  set(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#changed.fire(isOpen);
  }
}

export interface WayOptions {
  readonly way: Way;
  /** IP address and port of the other end */
  readonly address: string;
  readonly clock: Clock;
}

/**
 * HTTP over a way that may be cut. Requests fail then as they do on a network that does not carry them, and
 * connections break: for those at their ends it makes no difference that no packets are sent.
 */
export function overWay(handler: HttpHandler, { way, address, clock }: WayOptions): HttpHandler {
  return async (request) => {
    if (!way.isOpen) {
      await backWithin(way, clock, request.signal);
      if (!way.isOpen) throw new Error(`dial tcp ${address}: connect: no route to host`);
    }
    const cut = new AbortController();
    const watching = way.onChange(() => {
      watching.dispose();
      cut.abort(new Error(`read tcp ${address}: read: connection timed out`));
    });
    const signal =
      request.signal === undefined ? cut.signal : AbortSignal.any([request.signal, cut.signal]);
    try {
      // There and back.
      if (way.delay > 0) await sleep(clock, 2 * way.delay, signal);
      const response = await handler({ ...request, signal });
      if ('takeOver' in response)
        return {
          ...response,
          takeOver: (stream) =>
            response.takeOver(untilAbort(stream, signal)).finally(() => watching.dispose()),
        };
      if (!(response.body instanceof ReadableStream)) {
        watching.dispose();
        return response;
      }
      return { ...response, body: toItsEnd(response.body, () => watching.dispose()) };
    } catch (error) {
      watching.dispose();
      throw error;
    }
  };
}

/** Resolves when it is open, or the time is over. @throws the signal's reason */
async function backWithin(way: Way, clock: Clock, signal?: AbortSignal): Promise<void> {
  const back = new AbortController();
  const watching = way.onChange(() => back.abort());
  const signals = signal === undefined ? [back.signal] : [back.signal, signal];
  await sleep(clock, NO_ROUTE_MS, AbortSignal.any(signals)).catch(() => {});
  watching.dispose();
  signal?.throwIfAborted();
}

function untilAbort({ readable, writable }: ByteStream, signal: AbortSignal): ByteStream {
  const outgoing = new TransformStream<Uint8Array, Uint8Array>();
  outgoing.readable.pipeTo(writable, { signal }).catch(() => {});
  return {
    readable: readable.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal }),
    writable: outgoing.writable,
  };
}

/** The same bytes; `onEnd` is called when nobody reads on, for whatever reason. */
function toItsEnd(body: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        onEnd();
      },
      async cancel(reason) {
        onEnd();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
