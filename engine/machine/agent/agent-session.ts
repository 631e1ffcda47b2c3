/**
 * The host's end of the byte channel. Begins sessions, over and over when one fails: a
 * session is cheap, and the agent's tasks do not depend on it.
 */
import type { OnConnection, OpenedStream } from '../../api/machine.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { toHex } from '../../base/hex.ts';
import { cryptoRandom, type Random } from '../../base/random.ts';
import { AgentError } from './agent-error.ts';
import type { AgentTransport } from './agent-transport.ts';
import type { ByteChannel } from './byte-channel.ts';
import { Listeners } from './listeners.ts';
import { encodeMessage, readFirstMessage } from './messages.ts';
import { AnswerFinder, NONCE_BYTES, paddedPreamble, preamble } from './preamble.ts';
import { YamuxSession } from './yamux-session.ts';

/** Milliseconds between preambles while nobody answers: a machine that boots takes seconds. */
const RETRY_MS = 100;
/** Every n-th preamble is padded. Not each: the guest reads them all once it is up. */
const PADDED_EVERY = 4;

export interface AgentSessionOptions {
  readonly clock?: Clock;
  readonly random?: Random;
}

interface Reply {
  readonly ok?: true;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Handshake {
  readonly finder: AnswerFinder;
  readonly retry: () => void;
  timer: Disposable | undefined;
  attempts: number;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** `Promise.withResolvers` is not in Node 20. A rejection that nobody awaits is no accident here. */
function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

export class AgentSession implements AgentTransport, Disposable {
  readonly #channel: ByteChannel;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #unsubscribe: () => void;
  readonly #listeners = new Listeners((request) => this.agentOpen('listen', request));
  /** calls by their answers, with what they ask for */
  readonly #unanswered = new Map<Promise<unknown>, string>();
  #session: YamuxSession | undefined;
  #handshake: Handshake | undefined;
  #ready = deferred<YamuxSession>();
  #disposed = false;

  /** Begins the handshake at once and repeats it until the agent answers. */
  constructor(channel: ByteChannel, options: AgentSessionOptions = {}) {
    this.#channel = channel;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? cryptoRandom;
    this.#unsubscribe = channel.onReceive((bytes) => this.#receive(bytes));
    this.#begin();
  }

  /** Resolves when the agent has answered. Rejects only when the session is disposed of. */
  async ready(): Promise<void> {
    await this.#ready.promise;
  }

  /** Drops the session, if any, and begins another: after the machine was restored from a saved state. */
  reset(): void {
    if (this.#disposed) return;
    this.#drop(new AgentError('ECONNRESET', 'The session with the agent was begun anew.'));
    this.#begin();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#unsubscribe();
    const error = new AgentError('ECONNRESET', 'The machine has been shut down.');
    this.#drop(error);
    this.#ready.reject(error);
  }

  agentCall(op: string, request: object): Promise<unknown> {
    const answer = this.#call(op, request);
    this.#unanswered.set(answer, op);
    const forget = (): void => void this.#unanswered.delete(answer);
    answer.then(forget, forget);
    return answer;
  }

  /** As `MachineService.agentSettled`. */
  async agentSettled(ops: readonly string[]): Promise<void> {
    const left = [...this.#unanswered].filter(([, op]) => ops.includes(op));
    await Promise.allSettled(left.map(([answer]) => answer));
  }

  agentOpen(op: string, request: object): Promise<OpenedStream> {
    return this.#open(op, request, false);
  }

  /** @param isAll nothing follows the request: the agent wakes once for it */
  async #open(op: string, request: object, isAll: boolean): Promise<OpenedStream> {
    const session = await this.#ready.promise;
    const stream = session.open();
    await stream.begin(encodeMessage({ ...request, op }), isAll);
    const { ok, error, ...reply } = (await readFirstMessage(stream)) as Reply;
    if (ok === true) return { reply, stream };
    await stream.writable.close().catch(() => undefined);
    throw error === undefined
      ? new AgentError('EPROTO', `The agent did not answer ${op} properly.`)
      : AgentError.from(error);
  }

  /** As `MachineService.agentListen`. After a session was lost, the next one listens again. */
  agentListen(request: object, onConnection: OnConnection): Promise<() => Promise<void>> {
    return this.#listeners.add(request, onConnection);
  }

  async #call(op: string, request: object): Promise<unknown> {
    return (await this.#open(op, request, true)).reply;
  }

  #begin(): void {
    const nonce = toHex(this.#random.bytes(NONCE_BYTES));
    const attempt = async (): Promise<void> => {
      if (this.#handshake !== handshake) return;
      handshake.attempts += 1;
      await this.#channel.send(
        handshake.attempts % PADDED_EVERY === 0 ? paddedPreamble(nonce) : preamble(nonce),
      );
      if (this.#handshake === handshake)
        handshake.timer = this.#clock.setTimer(handshake.retry, RETRY_MS);
    };
    const handshake: Handshake = {
      finder: new AnswerFinder(nonce),
      retry: () => void attempt().catch(() => undefined),
      timer: undefined,
      attempts: 0,
    };
    this.#handshake = handshake;
    handshake.retry();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#handshake === undefined) {
      this.#session?.receive(bytes);
      return;
    }
    const rest = this.#handshake.finder.push(bytes);
    if (rest === undefined) return;
    this.#handshake.timer?.dispose();
    this.#handshake = undefined;
    const session = new YamuxSession((frame) => this.#channel.send(frame), {
      onStream: (stream) =>
        void this.#listeners.welcome(stream).catch(() => stream.reset('Nobody listens here.')),
      onFailure: () => this.reset(),
    });
    this.#session = session;
    this.#ready.resolve(session);
    session.receive(rest);
    this.#listeners.establishAgain();
  }

  #drop(error: AgentError): void {
    this.#handshake?.timer?.dispose();
    this.#handshake = undefined;
    this.#listeners.lost();
    if (this.#session === undefined) return;
    const session = this.#session;
    this.#session = undefined;
    this.#ready = deferred();
    session.close(error);
  }
}
