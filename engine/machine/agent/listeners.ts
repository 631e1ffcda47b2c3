import type { IncomingConnection } from '../../api/agent.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { OnConnection, OpenedStream } from '../../api/machine.ts';
import { readFirstMessage } from './messages.ts';
import type { YamuxStream } from './yamux-stream.ts';

type Open = (request: object) => Promise<OpenedStream>;

interface Listener {
  readonly request: object;
  readonly onConnection: OnConnection;
  /** of the present session; undefined while it is being set up */
  id: number | undefined;
  stream: ByteStream | undefined;
}

interface Connection {
  readonly incoming: IncomingConnection;
  readonly stream: YamuxStream;
}

/** The guest's listeners. They outlive sessions: each new session sets them up again. */
export class Listeners {
  readonly #open: Open;
  readonly #all = new Set<Listener>();
  /** Connections whose listener's reply is still on its way through the event loop. Ids only grow. */
  #early: Connection[] = [];
  #highestId = 0;

  constructor(open: Open) {
    this.#open = open;
  }

  /** Replaces a listener on the same address: its owner was a worker that has died without a word. */
  async add(request: object, onConnection: OnConnection): Promise<() => Promise<void>> {
    const address = JSON.stringify(request);
    for (const old of this.#all)
      if (JSON.stringify(old.request) === address) await this.#remove(old);
    const listener: Listener = { request, onConnection, id: undefined, stream: undefined };
    await this.#establish(listener);
    this.#all.add(listener);
    return () => this.#remove(listener);
  }

  async #remove(listener: Listener): Promise<void> {
    this.#all.delete(listener);
    await listener.stream?.writable.close().catch(() => undefined);
    // The agent ends its side when it has let go of the address.
    await listener.stream?.readable.pipeTo(new WritableStream()).catch(() => undefined);
  }

  /** The session is gone, and every listener in the guest with it. */
  lost(): void {
    this.#early = [];
    for (const listener of this.#all) {
      listener.id = undefined;
      listener.stream = undefined;
    }
  }

  /** A new session has begun. An address that cannot be bound again stays silent until the next. */
  establishAgain(): void {
    for (const listener of this.#all) void this.#establish(listener).catch(() => undefined);
  }

  /** A stream that the agent opened. */
  async welcome(stream: YamuxStream): Promise<void> {
    const incoming = (await readFirstMessage(stream)) as IncomingConnection;
    const { listenerId } = incoming;
    const listener = [...this.#all].find(({ id }) => id === listenerId);
    if (listener !== undefined) hand(listener, { incoming, stream });
    else if (listenerId > this.#highestId) this.#early.push({ incoming, stream });
    else stream.reset('Nobody listens here.');
  }

  async #establish(listener: Listener): Promise<void> {
    const { reply, stream } = await this.#open(listener.request);
    const { listenerId } = reply as { listenerId: number };
    listener.id = listenerId;
    listener.stream = stream;
    this.#highestId = Math.max(this.#highestId, listenerId);
    const isOwn = ({ incoming }: Connection): boolean => incoming.listenerId === listenerId;
    const own = this.#early.filter(isOwn);
    this.#early = this.#early.filter((connection) => !isOwn(connection));
    for (const connection of own) hand(listener, connection);
  }
}

/** In another worker this is a call, which rejects when that worker has died. */
function hand({ onConnection }: Listener, { incoming, stream }: Connection): void {
  const { remote, certificates = [] } = incoming;
  Promise.resolve(onConnection(remote, stream, certificates.map(bytesOf))).catch(() =>
    stream.reset('Whoever listened here is gone.'),
  );
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0);
}
