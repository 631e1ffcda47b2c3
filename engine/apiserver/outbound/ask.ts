import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { readAll } from '../../http/index.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { OutboundRequest } from '../../api/http-message.ts';
import type { Outbound, Peer } from './outbound.ts';

export interface Asking {
  readonly outbound: Outbound;
  readonly clock: Clock;
  /** until the whole response must be there */
  readonly timeoutMs: number;
}

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/**
 * A request of the server's own, with its whole response. @param locate where it goes, looked up
 * when it is sent. Errors: what keeps the two apart, as Go's HTTP client words it: `Get "https://…": …`.
 */
export async function ask(
  locate: () => Peer,
  request: Omit<OutboundRequest, 'signal'>,
  { outbound, clock, timeoutMs }: Asking,
): Promise<Fetched> {
  const abort = new AbortController();
  const timer = clock.setTimer(
    () => abort.abort(new Error('context deadline exceeded')),
    timeoutMs,
  );
  try {
    const response = await outbound(locate(), { ...request, signal: abort.signal });
    if ('takeOver' in response) throw new Error('the connection was upgraded');
    const { status, headers, body } = response;
    return { status, headers, bytes: body instanceof Uint8Array ? body : await readAll(body) };
  } catch (error) {
    const { method, url } = request;
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    throw new Error(`${verb} ${goQuote(url)}: ${messageOf(error)}`, { cause: error });
  } finally {
    timer.dispose();
  }
}
