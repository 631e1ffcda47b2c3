/** The service worker's side of exchanges: one request to the lab page, one answer, whatever happens to the way between. */
import type { ExchangeReply, ExchangeRequest, FailureCode, HeaderList } from './messages.ts';
import { readStream, sendStream } from './stream-port.ts';

export interface OutgoingExchange {
  readonly slot: string;
  readonly machine: string;
  readonly port: number;
  readonly method: string;
  /** as the learner knows it */
  readonly url: string;
  readonly headers: Headers;
  readonly cookies: boolean;
  readonly isPage: boolean;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

export interface IncomingExchange {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly pageCookies: string;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** milliseconds; all generous, because the lab page may be busy drawing */
const limits = { acceptance: 2_000, port: 10_000, askAgain: 500 };

/** Posts of one request before giving up. */
const attempts = 4;

interface Pending {
  readonly port: MessagePort;
  onReply(reply: ExchangeReply): void;
  onPortLost(): void;
}

type Outcome = IncomingExchange | 'not accepted' | 'lost';

export class ExchangeClient {
  readonly #ports = new Map<string, MessagePort>();
  readonly #waiting = new Map<string, Set<(port: MessagePort) => void>>();
  readonly #pending = new Map<string, Pending>();
  readonly #askForPort: (slot: string) => void;

  /** `askForPort` makes the lab page of a slot send a port to `usePort`, sooner or later or never. */
  constructor(askForPort: (slot: string) => void) {
    this.#askForPort = askForPort;
  }

  usePort(slot: string, port: MessagePort): void {
    this.#ports.set(slot, port);
    port.addEventListener('message', ({ data }: MessageEvent<ExchangeReply>) => {
      this.#pending.get(data.id)?.onReply(data);
    });
    port.addEventListener('close', () => this.#dropPort(slot, port));
    port.start();
    for (const resolve of this.#waiting.get(slot) ?? []) resolve(port);
    this.#waiting.delete(slot);
  }

  /** Tells the lab page that a page changed its cookies. */
  async setCookie(slot: string, machine: string, url: string, cookie: string): Promise<void> {
    const port = await this.#port(slot);
    port.postMessage({ type: 'cookie', machine, url, cookie } satisfies ExchangeRequest);
  }

  /**
   * Sends the request until the lab page has accepted it, under one id so that it runs once. An
   * accepted request whose lab page goes away is sent again only if its method is safe (RFC 9110, 9.2.1).
   */
  async exchange(request: OutgoingExchange): Promise<IncomingExchange> {
    let id = crypto.randomUUID();
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const port = await this.#port(request.slot);
      const outcome = await this.#send(id, port, request);
      if (outcome === 'not accepted') {
        // Asked for anew, but not closed: the lab page may only be slow, and other answers still come by it.
        if (this.#ports.get(request.slot) === port) this.#ports.delete(request.slot);
      } else if (outcome === 'lost') {
        if (!/^(GET|HEAD|OPTIONS)$/.test(request.method)) break;
        id = crypto.randomUUID();
      } else {
        return outcome;
      }
    }
    throw new ExchangeError('LAB_GONE', 'The page with the machine went away during the exchange');
  }

  #send(id: string, port: MessagePort, request: OutgoingExchange): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      let accepted = false;
      const settle = () => {
        clearTimeout(timer);
        this.#pending.delete(id);
        request.signal.removeEventListener('abort', abort);
      };
      const abort = () => {
        settle();
        port.postMessage({ type: 'abort', id } satisfies ExchangeRequest);
        reject(new DOMException('The page no longer wants this request', 'AbortError'));
      };
      const timer = setTimeout(() => {
        settle();
        resolve('not accepted');
      }, limits.acceptance);
      this.#pending.set(id, {
        port,
        onReply: (reply) => {
          if (reply.type === 'accepted') {
            if (accepted) return;
            accepted = true;
            clearTimeout(timer);
            if (request.body) {
              const body = sendStream(request.body);
              port.postMessage({ type: 'body', id, body } satisfies ExchangeRequest, [body]);
            }
            return;
          }
          settle();
          if (reply.type === 'failure' && reply.code === 'LAB_GONE') resolve('lost');
          else if (reply.type === 'failure') reject(new ExchangeError(reply.code, reply.message));
          else resolve(received(reply));
        },
        onPortLost: () => {
          settle();
          resolve(accepted ? 'lost' : 'not accepted');
        },
      });
      if (request.signal.aborted) return abort();
      request.signal.addEventListener('abort', abort);
      port.postMessage({
        type: 'request',
        id,
        machine: request.machine,
        port: request.port,
        method: request.method,
        url: request.url,
        headers: [...request.headers] as HeaderList,
        cookies: request.cookies,
        isPage: request.isPage,
        hasBody: request.body !== null,
      } satisfies ExchangeRequest);
    });
  }

  #dropPort(slot: string, port: MessagePort): void {
    if (this.#ports.get(slot) === port) this.#ports.delete(slot);
    port.close();
    for (const pending of this.#pending.values()) {
      if (pending.port === port) pending.onPortLost();
    }
  }

  #port(slot: string): Promise<MessagePort> {
    const port = this.#ports.get(slot);
    if (port) return Promise.resolve(port);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(slot) ?? new Set();
      this.#waiting.set(slot, waiting);
      const ask = () => this.#askForPort(slot);
      const again = setInterval(ask, limits.askAgain);
      const end = setTimeout(() => {
        clearInterval(again);
        waiting.delete(settle);
        reject(new ExchangeError('LAB_GONE', 'No page with the machine answers'));
      }, limits.port);
      const settle = (found: MessagePort) => {
        clearInterval(again);
        clearTimeout(end);
        resolve(found);
      };
      waiting.add(settle);
      ask();
    });
  }
}

function received(reply: Extract<ExchangeReply, { type: 'response' }>): IncomingExchange {
  return {
    status: reply.status,
    statusText: reply.statusText,
    headers: new Headers(reply.headers.map(([name, value]) => [name, value])),
    pageCookies: reply.pageCookies,
    body: reply.body && readStream(reply.body),
  };
}
