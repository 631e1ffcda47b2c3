/** The lab page's side of exchanges: runs each request against the machine's port and streams the answer back. */
import type { LabMachine } from '../../../engine/api/lab.ts';
import type { MachineCookies } from './cookies.ts';
import type { ExchangeReply, ExchangeRequest, FailureCode, HeaderList } from './wire/messages.ts';
import { readStream, sendStream } from './wire/stream-port.ts';
import { messageOf } from '../../ui/message-of.ts';

export interface ExchangeSource {
  /** undefined when the lab has no such machine (any more), or this port may not use it */
  machine(
    name: string,
  ): { readonly machine: Pick<LabMachine, 'fetch'>; readonly cookies: MachineCookies } | undefined;
  /** The worker was stopped before it had the answer to this request. */
  interrupted(request: ExchangedRequest): void;
}

type ExchangedRequest = Extract<ExchangeRequest, { type: 'request' }>;

type Reply = (message: ExchangeReply, transfer?: Transferable[]) => void;

interface Running {
  readonly request: ExchangedRequest;
  /** over the port by which the request came last */
  reply: Reply;
  readonly abort: AbortController;
  /** set while the request's body is awaited */
  takeBody: ((body: MessagePort) => void) | undefined;
}

const knownCodes: ReadonlySet<string> = new Set<FailureCode>([
  'CONNECTION_REFUSED',
  'NOT_HTTP',
  'CLOSED_EARLY',
  'NOT_RUNNING',
]);

/** Ids remembered to recognise a request that is posted again. */
const remembered = 1_000;

/** Serves every exchange port of one lab, so that a request which arrives over two of them still runs once. */
export class ExchangeServer {
  readonly #source: ExchangeSource;
  readonly #requests = new Map<string, Running | 'over'>();

  constructor(source: ExchangeSource) {
    this.#source = source;
  }

  /** Serves `port` until the other side goes away. `only` limits it to one machine. */
  serve(port: MessagePort, only?: string): void {
    const running = new Map<string, Running>();
    const reply: Reply = (message, transfer = []) => port.postMessage(message, transfer);

    port.addEventListener('message', ({ data }: MessageEvent<ExchangeRequest>) => {
      switch (data.type) {
        case 'request': {
          const { id } = data;
          const known = this.#requests.get(id);
          if (known === 'over') {
            // Its answer went with the port it came by.
            return reply({ type: 'failure', id, code: 'LAB_GONE', message: 'The answer was lost' });
          }
          if (known) known.reply = reply;
          const entry: Running = known ?? {
            request: data,
            reply,
            abort: new AbortController(),
            takeBody: undefined,
          };
          running.set(id, entry);
          reply({ type: 'accepted', id });
          if (known) return;
          this.#remember(id, entry);
          void this.#run(entry, only).finally(() => {
            running.delete(id);
            this.#requests.set(id, 'over');
          });
          return;
        }
        case 'body':
          running.get(data.id)?.takeBody?.(data.body);
          return;
        case 'abort':
          running.get(data.id)?.abort.abort();
          return;
        case 'cookie':
          if (only === undefined || only === data.machine) {
            this.#source.machine(data.machine)?.cookies.keepFromPage(data.url, data.cookie);
          }
      }
    });
    // The browser stopped the worker: nobody waits for these answers any more.
    port.addEventListener('close', () => {
      for (const { request, abort, reply: last } of running.values()) {
        if (last !== reply) continue;
        abort.abort();
        if (request.isPage) this.#source.interrupted(request);
      }
    });
    port.start();
  }

  async #run(entry: Running, only: string | undefined): Promise<void> {
    const { request } = entry;
    const { id, url } = request;
    const reply: Reply = (message, transfer) => entry.reply(message, transfer);
    const bodyPort = request.hasBody
      ? new Promise<MessagePort>((resolve, reject) => {
          entry.takeBody = resolve;
          entry.abort.signal.addEventListener('abort', () =>
            reject(new DOMException('Aborted', 'AbortError')),
          );
        })
      : undefined;
    // Nobody may be waiting for it yet when the abort comes.
    bodyPort?.catch(() => {});
    try {
      const found =
        only === undefined || only === request.machine
          ? this.#source.machine(request.machine)
          : undefined;
      if (!found) {
        reply({
          type: 'failure',
          id,
          code: 'NOT_RUNNING',
          message: `There is no machine ${request.machine}`,
        });
        return;
      }
      const { machine, cookies } = found;
      const headers = new Headers(request.headers.map(([name, value]) => [name, value]));
      const cookie = request.cookies ? cookies.header(url) : undefined;
      if (cookie !== undefined) headers.set('cookie', cookie);
      const response = await machine.fetch(request.port, {
        method: request.method,
        url,
        headers,
        body: bodyPort ? readStream(await bodyPort) : null,
        signal: entry.abort.signal,
      });
      if (request.cookies) cookies.keep(url, response.headers.getSetCookie());
      const body = response.body && sendStream(response.body);
      reply(
        {
          type: 'response',
          id,
          status: response.status,
          statusText: response.statusText,
          headers: [...response.headers] as HeaderList,
          pageCookies: cookies.visible(url),
          body,
        },
        body ? [body] : [],
      );
    } catch (error) {
      reply({
        type: 'failure',
        id,
        code: codeOf(error),
        message: messageOf(error),
      });
    }
  }

  #remember(id: string, entry: Running): void {
    this.#requests.set(id, entry);
    if (this.#requests.size <= remembered) return;
    const [oldest] = this.#requests.keys();
    if (oldest !== undefined) this.#requests.delete(oldest);
  }
}

function codeOf(error: unknown): FailureCode {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return knownCodes.has(code) ? (code as FailureCode) : 'UNKNOWN';
}
