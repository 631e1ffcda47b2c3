import type {
  Breakpoint,
  TrafficBatch,
  TrafficClient,
  TrafficEntry,
  TrafficObject,
} from '../../api/api-traffic.ts';
import type { Clock } from '../../base/clock.ts';
import { loopbackUser } from '../auth/user-info.ts';
import type { Accountant, Exchange, SentEvent } from '../request/exchange.ts';
import type { RequestInfo } from '../request/request-info.ts';
import { Gate } from './gate.ts';
import { aboutObject, aboutResponse } from './about-object.ts';

/** Milliseconds for which entries are gathered. */
const GATHER_MS = 50;
/** Entries that wait for a slow reader; older ones are lost. */
const KEPT = 2000;

export type OnTraffic = (batch: TrafficBatch) => void | Promise<void>;

/**
 * Tells who asks what, as it happens, to one reader. Without one it only remembers which watches there are. What the
 * server asks itself is left out.
 */
export class Traffic implements Accountant {
  readonly #clock: Clock;
  readonly #gate = new Gate();
  /** watches that go on */
  readonly #watches = new Set<Exchange>();
  #reader: OnTraffic | undefined;
  #waiting: TrafficEntry[] = [];
  #lost = 0;
  #isSending = false;
  /** of the next batch, for its reader */
  #isFirst = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on, beginning with the watches there are; in place of who read before. Returns how to end it. */
  read(reader: OnTraffic): () => void {
    this.#reader = reader;
    this.#waiting = [];
    this.#lost = 0;
    this.#isFirst = true;
    for (const exchange of this.#watches) this.#addWatch(exchange);
    for (const held of this.#gate.waiting) this.#add(held);
    return () => {
      if (this.#reader === reader) this.#lose();
    };
  }

  /** Holds requests that one of these matches, while somebody reads. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    if (this.#reader !== undefined) this.#gate.set(breakpoints);
  }

  release(id: number): void {
    this.#gate.release(id);
  }

  /** Resolves when a request may go on: at once unless there is a breakpoint for it. */
  async pass(exchange: Exchange): Promise<void> {
    const { info } = exchange;
    if (this.#gate.isOpen || info?.isResourceRequest !== true || isOwn(exchange)) return;
    const entry = {
      kind: 'held',
      at: this.#clock.now(),
      client: clientOf(exchange),
      verb: info.verb,
      object: refOf(info),
    } as const;
    await this.#gate.pass(exchange, entry, (held) => this.#add(held));
  }

  received(): void {}

  started(exchange: Exchange): void {
    if (exchange.info?.verb !== 'watch' || isOwn(exchange)) return;
    this.#watches.add(exchange);
    this.#addWatch(exchange);
  }

  events(exchange: Exchange): (event: SentEvent) => void {
    const { info } = exchange;
    if (info === undefined || isOwn(exchange)) return () => {};
    return ({ type, stored }) => {
      if (this.#reader === undefined || type === 'BOOKMARK' || stored === undefined) return;
      this.#add({
        kind: 'event',
        at: this.#clock.now(),
        client: clientOf(exchange),
        type,
        object: { ...refOf(info), ...aboutObject(stored.object) },
      });
    };
  }

  completed(exchange: Exchange): void {
    this.#watches.delete(exchange);
    if (this.#reader === undefined || isOwn(exchange)) return;
    const { info, request, response, begunAt } = exchange;
    this.#add({
      kind: 'request',
      at: this.#clock.now(),
      client: clientOf(exchange),
      verb: info?.verb ?? request.method.toLowerCase(),
      path: info?.path ?? '',
      ...(info?.isResourceRequest === true
        ? { object: { ...refOf(info), ...aboutResponse(exchange) } }
        : {}),
      status: response?.status ?? 0,
      duration: this.#clock.monotonic() - begunAt,
      ...(exchange.heldAs === undefined ? {} : { held: exchange.heldAs }),
    });
  }

  /** Tells of a call of etcd when it is over. */
  etcd<Answer extends { readonly header: { readonly revision: number } }>(
    call: 'range' | 'put' | 'txn' | 'deleteRange',
    key: string,
    answer: Promise<Answer>,
  ): Promise<Answer> {
    if (this.#reader === undefined) return answer;
    const begunAt = this.#clock.monotonic();
    const tell = (revision?: number): void =>
      this.#add({
        kind: 'etcd',
        at: this.#clock.now(),
        call,
        key,
        duration: this.#clock.monotonic() - begunAt,
        ...(revision === undefined ? {} : { revision }),
      });
    answer.then(
      ({ header }) => tell(header.revision),
      () => tell(),
    );
    return answer;
  }

  #addWatch(exchange: Exchange): void {
    const { info } = exchange;
    if (info === undefined) return;
    this.#add({
      kind: 'watch',
      at: this.#clock.now(),
      client: clientOf(exchange),
      object: refOf(info),
    });
  }

  #add(entry: TrafficEntry): void {
    if (this.#reader === undefined) return;
    this.#waiting.push(entry);
    if (this.#waiting.length > KEPT) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    if (this.#isSending) return;
    this.#isSending = true;
    this.#sendSoon();
  }

  /** Nobody is there to let anything go. */
  #lose(): void {
    this.#reader = undefined;
    this.#gate.set([]);
  }

  #sendSoon(): void {
    this.#clock.setTimer(() => void this.#send(), GATHER_MS);
  }

  /** One batch at a time: the next one when its reader is done with it. */
  async #send(): Promise<void> {
    const reader = this.#reader;
    const batch: TrafficBatch = {
      entries: this.#waiting,
      lost: this.#lost,
      ...(this.#isFirst ? { afresh: true } : {}),
    };
    this.#waiting = [];
    this.#lost = 0;
    this.#isFirst = false;
    try {
      await reader?.(batch);
    } catch {
      // It is gone.
      if (this.#reader === reader) this.#lose();
    }
    this.#isSending = this.#reader !== undefined && this.#waiting.length > 0;
    if (this.#isSending) this.#sendSoon();
  }
}

function isOwn({ user }: Exchange): boolean {
  return user?.username === loopbackUser.username;
}

function clientOf({ user, request, remoteAddress }: Exchange): TrafficClient {
  return {
    user: user?.username ?? '',
    agent: request.headers.get('user-agent') ?? '',
    address: remoteAddress,
  };
}

function refOf({ apiGroup, resource, subresource, namespace, name }: RequestInfo): TrafficObject {
  return { group: apiGroup, resource, subresource, namespace, name };
}
