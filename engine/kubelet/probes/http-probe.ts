import { messageOf } from '../../base/message-of.ts';
import { HttpError, httpExchange } from '../../http/index.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { HTTPGetAction } from '../../objects/generated/core-v1.generated.ts';
import { ProbeTime, type ProbeNetwork } from './probe-dial.ts';
import { failure, hostPort, ProbeTimeout, success, type ProbeResult } from './probe-result.ts';

/** Bytes of an answer that are looked at. */
const MOST_BODY = 10 * 1024;
const MOST_REDIRECTS = 10;
/** Statuses that lead a GET elsewhere. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

interface Fetched {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

/**
 * A GET from the node (pkg/probe/http): 200 to 399 is success, a redirect to another host a warning.
 * Certificates are not verified. @param host of the Pod, unless the action names one. @param timeout milliseconds
 */
export async function httpProbe(
  network: ProbeNetwork,
  action: HTTPGetAction,
  target: { readonly host: string; readonly port: number },
  timeout: number,
): Promise<ProbeResult> {
  const { path = '', scheme = 'HTTP', httpHeaders = [] } = action;
  const address = hostPort(target.host, target.port);
  const start = `${scheme.toLowerCase()}://${address}${path.startsWith('/') ? '' : '/'}${path}`;
  const headers = new Headers();
  for (const { name, value } of httpHeaders) headers.append(name, value);
  if (!headers.has('user-agent')) headers.set('user-agent', `kube-probe/${network.version}`);
  if (!headers.has('accept')) headers.set('accept', '*/*');
  else if (headers.get('accept') === '') headers.delete('accept');
  try {
    const { status, body } = await new ProbeTime(network, timeout).run((time) =>
      follow(time, start, headers),
    );
    if (status < 200 || status >= 400)
      return failure(`HTTP probe failed with statuscode: ${status}`);
    if (status >= 300)
      return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
    return success;
  } catch (error) {
    return failure(`Get ${goQuote(start)}: ${reasonOf(error)}`);
  }
}

/** The last answer that redirects on the same host lead to. */
async function follow(time: ProbeTime, start: string, headers: Headers): Promise<Fetched> {
  const { hostname } = new URL(start);
  let url = new URL(start);
  for (let hops = 1; ; hops++) {
    const fetched = await get(time, url, headers);
    if (!REDIRECTS.has(fetched.status) || fetched.location === null) return fetched;
    const next = new URL(fetched.location, url);
    if (next.hostname !== hostname) return fetched;
    if (hops >= MOST_REDIRECTS) throw new Error('stopped after 10 redirects');
    url = next;
  }
}

async function get(time: ProbeTime, url: URL, headers: Headers): Promise<Fetched> {
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  const address = hostPort(url.hostname.replaceAll(/[[\]]/g, ''), port);
  const name = headers.get('host')?.replace(/:\d+$/, '') ?? '';
  const connection = await time.dial(
    address,
    isTls ? { ...(name === '' ? {} : { serverName: name }), protocols: ['http/1.1'] } : undefined,
  );
  const response = await httpExchange(connection, {
    method: 'GET',
    url: url.href,
    headers,
    body: null,
    signal: time.signal,
  });
  return {
    status: response.status,
    location: response.headers.get('location'),
    body: response.body === null ? '' : await beginning(response.body),
  };
}

async function beginning(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let length = 0; length < MOST_BODY;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value.subarray(0, MOST_BODY - length), { stream: true });
    length += value.length;
  }
  await reader.cancel().catch(() => {});
  return text;
}

/** In the words of Go's HTTP client. */
function reasonOf(error: unknown): string {
  if (error instanceof ProbeTimeout)
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const message = messageOf(error);
  if (message.includes('first record does not look like a TLS handshake'))
    return 'http: server gave HTTP response to HTTPS client';
  if (!(error instanceof HttpError)) return message;
  if (error.code === 'CLOSED_EARLY') return 'EOF';
  return `net/http: HTTP/1.x transport connection broken: ${message}`;
}
