import { HttpError } from '../../http/index.ts';
import { badRequest, requestEntityTooLarge, timeout } from '../../objects/status/status-error.ts';
import type { RequestContext } from './request-context.ts';

/** Bytes a request's body may have (kube-apiserver `MaxRequestBodyBytes`). */
const LIMIT = 3 * 1024 * 1024;

/** Milliseconds that a request may take to come whole (kube-apiserver `--request-timeout`). */
const TIMEOUT_MS = 60_000;

/**
 * The whole body. Errors: `RequestEntityTooLarge` as soon as it is too long, the rest is not read;
 * `BadRequest` for one that breaks off; `Timeout` for one that does not come.
 */
export async function readBody({
  request,
  exchange,
}: Pick<RequestContext, 'request' | 'exchange'>): Promise<Uint8Array> {
  const { body } = request;
  if (body === null) return new Uint8Array(0);
  if (body instanceof Uint8Array) {
    if (body.length > LIMIT) throw requestEntityTooLarge(`limit is ${LIMIT}`);
    return body;
  }
  const reader = body.getReader();
  let giveUp: (error: Error) => void = () => {};
  const late = new Promise<never>((_resolve, reject) => (giveUp = reject));
  const timer = exchange.clock.setTimer(
    () => giveUp(timeout('request did not complete within the allotted timeout', 0)),
    TIMEOUT_MS,
  );
  try {
    return await Promise.race([readWhole(reader), late]);
  } finally {
    timer.dispose();
  }
}

async function readWhole(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw error instanceof HttpError ? badRequest(error.message) : error;
    });
    if (done) break;
    length += value.length;
    if (length > LIMIT) {
      await reader.cancel().catch(() => {});
      throw requestEntityTooLarge(`limit is ${LIMIT}`);
    }
    parts.push(value);
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
