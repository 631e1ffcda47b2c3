/** The lab page's handle on a bridge page: a hidden frame on one preview origin. */
import {
  readMessage,
  type BridgeCommand,
  type BridgeControl,
  type BridgeEvent,
  type PageState,
  type Travel,
} from './wire/messages.ts';

/** milliseconds until a bridge is given up that has not said anything, or has but is not ready */
const limits = { hello: 10_000, ready: 40_000 };

export class PreviewBridge {
  readonly origin: string;
  /** The origin's worker is installed and can reach the lab. Rejects when the origin is not served. */
  readonly ready: Promise<void>;
  readonly #frame: HTMLIFrameElement;
  readonly #looks: ((page: PageState | null) => void)[] = [];
  readonly #onExternal: (url: string) => void;
  readonly #changeListeners = new Set<() => void>();
  readonly #stop = new AbortController();
  #control: MessagePort | undefined;

  /** `makePort` gives a port whose other end the lab serves; asked for whenever the worker has started anew. */
  constructor(origin: string, makePort: () => MessagePort, onExternal: (url: string) => void) {
    this.origin = origin;
    this.#onExternal = onExternal;
    this.#frame = document.createElement('iframe');
    this.#frame.src = `${origin}/.drydock/bridge.html#${encodeURIComponent(location.origin)}`;
    this.#frame.hidden = true;
    this.#frame.title = 'Preview bridge';
    // As restricted as the visible frame: pages of the same origin can reach into this one.
    this.#frame.setAttribute('sandbox', 'allow-scripts allow-same-origin');
    this.ready = new Promise((resolve, reject) => {
      const giveUp = () => settle(() => reject(new Error(`${origin} does not answer`)));
      let give = setTimeout(giveUp, limits.hello);
      const settle = (action: () => void) => {
        clearTimeout(give);
        action();
      };
      this.#stop.signal.addEventListener('abort', () => settle(() => reject(new Error('Closed'))));
      // A frame that could not be loaded still fires `load`, and never says hello.
      this.#frame.addEventListener('load', () => {
        setTimeout(() => {
          if (!this.#control) settle(() => reject(new Error(`${origin} is not served here`)));
        }, 1_000);
      });
      addEventListener(
        'message',
        (event) => {
          if (event.source !== this.#frame.contentWindow || event.origin !== origin) return;
          if (!readMessage(event.data, 'bridge-hello')) return;
          const { port1, port2 } = new MessageChannel();
          this.#control = port1;
          clearTimeout(give);
          // Installing a worker takes its time on a busy computer.
          give = setTimeout(giveUp, limits.ready);
          port1.addEventListener('message', ({ data }: MessageEvent<BridgeEvent>) => {
            this.#onEvent(data, makePort, {
              ready: () => settle(resolve),
              failed: (message) => settle(() => reject(new Error(message))),
            });
          });
          port1.start();
          const message: BridgeControl = { drydock: 'bridge-control' };
          this.#frame.contentWindow?.postMessage(message, origin, [port2]);
        },
        { signal: this.#stop.signal },
      );
    });
    this.ready.catch(() => {});
    document.body.append(this.#frame);
  }

  #onEvent(
    event: BridgeEvent,
    makePort: () => MessagePort,
    on: { ready: () => void; failed: (message: string) => void },
  ): void {
    switch (event.type) {
      case 'need-port': {
        this.#send({ type: 'port' }, [makePort()]);
        return;
      }
      case 'ready':
        return on.ready();
      case 'failed':
        return on.failed(event.message);
      case 'page':
        this.#looks.shift()?.(event.page);
        return;
      case 'changed':
        for (const listener of this.#changeListeners) listener();
        return;
      case 'external':
        this.#onExternal(event.url);
    }
  }

  /** State of the page in `frame` when it is on this bridge's origin, else null. */
  look(frame: HTMLIFrameElement): Promise<PageState | null> {
    const index = frameIndex(frame);
    if (!this.#control || index === undefined) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#looks.push(resolve);
      this.#send({ type: 'look', frame: index });
    });
  }

  /** Calls `listener` when a page of this origin changed its address without being loaded anew. */
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  travel(frame: HTMLIFrameElement, to: Travel): void {
    const index = frameIndex(frame);
    if (index !== undefined) this.#send({ type: 'travel', frame: index, to });
  }

  close(): void {
    this.#stop.abort();
    this.#control?.close();
    for (const answer of this.#looks.splice(0)) answer(null);
    this.#frame.remove();
  }

  #send(command: BridgeCommand, transfer: Transferable[] = []): void {
    this.#control?.postMessage(command, transfer);
  }
}

/** A frame's place in `window.frames`, which its siblings can use too. */
function frameIndex(frame: HTMLIFrameElement): number | undefined {
  for (let index = 0; index < window.length; index += 1) {
    if (window[index] === frame.contentWindow) return index;
  }
  return undefined;
}
