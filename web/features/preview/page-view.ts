/**
 * One visible frame and the page in it: where it is, whether it can go back, loading it again when a port
 * opens or an exchange failed. A store for `useSyncExternalStore`.
 */
import type { PreviewBridge } from './preview-bridge.ts';
import type { PreviewGateway, PreviewMode, Reached } from './preview-gateway.ts';
import { readPreviewHost } from './wire/preview-address.ts';
import type { FailureCode, PageState } from './wire/messages.ts';
import { lookAtPathPage } from './path-pages.ts';

export interface PageViewState {
  readonly mode: PreviewMode | 'connecting';
  readonly loading: boolean;
  /** port the page came from: a link may have led to another one */
  readonly port: number;
  readonly path: string;
  readonly title: string;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  readonly failure: FailureCode | null;
  /** nothing answers yet; the program may well be starting */
  readonly early: boolean;
  /** address outside the machine that a link leads to */
  readonly external: string | null;
}

/** What learners' pages may do: run as a site of their own, but neither touch this page nor lead it away. */
const originSandbox =
  'allow-scripts allow-forms allow-same-origin allow-modals allow-popups allow-downloads';
/** In path mode they have the app's own origin, and nothing may run. */
const pathSandbox = 'allow-forms allow-same-origin allow-downloads';

/** Failures that pass by themselves when a program has started. */
const passing: ReadonlySet<FailureCode | null> = new Set<FailureCode>([
  'CONNECTION_REFUSED',
  'CLOSED_EARLY',
  'NOT_RUNNING',
  'LAB_GONE',
]);

/** milliseconds before each new attempt; then the learner has to ask */
const retryDelays = [500, 1_000, 1_500, 2_000, 3_000, 5_000, 5_000, 10_000, 10_000, 20_000];

/** Attempts, eight seconds together, before a failure counts as one: a program needs a moment to listen. */
const earlyAttempts = 5;

/** Loads that the browser itself failed (its worker was stopped on the way) before that is shown. */
const lostLimit = 3;

/** milliseconds a page's thread may be silent before it counts as hung */
const hungAfter = 1_500;

export class PageView {
  readonly #gateway: PreviewGateway;
  readonly #machine: string;
  readonly #listeners = new Set<() => void>();
  readonly #stops: (() => void)[] = [];
  #state: PageViewState;
  #frame: HTMLIFrameElement | undefined;
  #reached: Reached | undefined;
  #bridge: PreviewBridge | undefined;
  #stopWatching: (() => void) | undefined;
  #attempt = 0;
  #lost = 0;
  #retry: number | undefined;

  constructor(gateway: PreviewGateway, machine: string, port: number) {
    this.#gateway = gateway;
    this.#machine = machine;
    this.#state = {
      mode: 'connecting',
      loading: true,
      port,
      path: '/',
      title: '',
      canGoBack: false,
      canGoForward: false,
      failure: null,
      early: false,
      external: null,
    };
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  /** Takes the frame into use and loads the first page. */
  attach(frame: HTMLIFrameElement): () => void {
    this.#frame = frame;
    frame.addEventListener('load', this.#onLoad);
    this.#stops.push(
      this.#gateway.onExternal((external) => {
        if (this.#isShown()) this.#set({ external });
      }),
      this.#gateway.onInterrupted((machine, port, path) => {
        const isMine = machine === this.#machine && port === this.#state.port && this.#isShown();
        if (isMine) void this.go(port, path);
      }),
    );
    void this.go(this.#state.port, this.#state.path);
    return () => {
      frame.removeEventListener('load', this.#onLoad);
      clearTimeout(this.#retry);
      this.#stopWatching?.();
      for (const stop of this.#stops.splice(0)) stop();
      this.#frame = undefined;
    };
  }

  /** Loads a path of a port of this machine. */
  async go(port: number, path: string): Promise<void> {
    clearTimeout(this.#retry);
    this.#set({ loading: true, port, path, external: null });
    const reached = await this.#gateway.reach(this.#machine, port).catch(() => undefined);
    if (!this.#frame) return;
    if (!reached || reached.mode === 'unavailable') {
      this.#set({ mode: 'unavailable', loading: false });
      return;
    }
    this.#reached = reached;
    this.#set({ mode: reached.mode });
    const address = reached.address(path);
    // Counts from the next load on.
    this.#frame.setAttribute('sandbox', reached.mode === 'path' ? pathSandbox : originSandbox);
    this.#frame.src = address;
  }

  back(): void {
    this.#travel('back');
  }

  forward(): void {
    this.#travel('forward');
  }

  /** Loads the page again; replaces the frame's page when it no longer reacts. */
  async reload(): Promise<void> {
    this.#attempt = 0;
    await this.#reloadNow();
  }

  /** A program listens on the page's port again: shows what it serves now. */
  portOpened(): void {
    this.#attempt = 0;
    // The port is published a moment before the program in the container listens.
    this.#reloadIn(retryDelays[0]);
  }

  /** Opens the page in a browser tab; the machine of this tab goes on answering it. */
  openInNewTab(): void {
    if (this.#reached) window.open(this.#reached.address(this.#state.path), '_blank', 'noopener');
  }

  dismissExternal(): void {
    this.#set({ external: null });
  }

  async #reloadNow(): Promise<void> {
    const { port, path } = this.#state;
    if (!this.#frame || !this.#reached) return this.go(port, path);
    clearTimeout(this.#retry);
    this.#set({ loading: true });
    const page = await this.#look();
    if (!this.#frame) return;
    if (page === 'silent') {
      // A new address of the same origin would wait for the hung thread; another origin does not.
      this.#bridge = undefined;
      this.#gateway.forget(this.#machine, port);
      this.#frame.src = 'about:blank';
      return this.go(port, path);
    }
    if (page && this.#bridge) this.#bridge.travel(this.#frame, 'reload');
    else if (this.#reached.mode === 'path') this.#frame.contentWindow?.location.reload();
    else this.#frame.src = this.#reached.address(path);
  }

  /** At most one load is planned at a time. */
  #reloadIn(delay: number | undefined): void {
    clearTimeout(this.#retry);
    if (delay !== undefined) this.#retry = window.setTimeout(() => void this.#reloadNow(), delay);
  }

  #travel(to: 'back' | 'forward'): void {
    if (!this.#frame) return;
    if (this.#bridge) this.#bridge.travel(this.#frame, to);
    else this.#frame.contentWindow?.history[to]();
  }

  readonly #onLoad = () => void this.#afterLoad();

  async #afterLoad(): Promise<void> {
    if (!this.#frame || !this.#reached || this.#frame.src === 'about:blank') return;
    const page = await this.#look();
    if (!this.#frame || page === 'silent') return;
    if (page === null) {
      // Neither of our origins: the browser's own error page, or a boot page that will load again.
      if (this.#lost < lostLimit) {
        this.#lost += 1;
        this.#reloadIn(retryDelays[0]);
      }
      return;
    }
    this.#lost = 0;
    const mayPass = passing.has(page.failure);
    this.#set({ ...page, loading: false, early: mayPass && this.#attempt < earlyAttempts });
    if (!mayPass) this.#attempt = 0;
    else {
      const delay = retryDelays[this.#attempt];
      this.#attempt += 1;
      this.#reloadIn(delay);
    }
  }

  /** Finds the bridge that sees the frame, and what it sees. */
  async #look(): Promise<PageState | null | 'silent'> {
    const frame = this.#frame;
    if (!frame || !this.#reached) return null;
    if (this.#reached.mode === 'path') return this.#lookHere(frame);
    const silence = new Promise<'silent'>((resolve) => {
      setTimeout(() => resolve('silent'), hungAfter);
    });
    let silent = false;
    for (const bridge of this.#gateway.bridges()) {
      // oxlint-disable-next-line no-await-in-loop -- the first answer ends the search
      const page = await Promise.race([bridge.look(frame), silence]);
      if (page === 'silent') silent ||= bridge === this.#bridge;
      else if (page) {
        this.#watch(bridge);
        return page;
      }
    }
    return silent ? 'silent' : null;
  }

  #lookHere(frame: HTMLIFrameElement): PageState | null {
    const seen = lookAtPathPage(frame, (external) => this.#set({ external }));
    if (seen) this.#set({ port: seen.port });
    return seen && seen.page;
  }

  #watch(bridge: PreviewBridge): void {
    const port = readPreviewHost(new URL(bridge.origin).host)?.port;
    if (port !== undefined && port !== this.#state.port) this.#set({ port });
    if (this.#reached)
      this.#reached = { ...this.#reached, bridge, address: (path) => bridge.origin + path };
    if (bridge === this.#bridge) return;
    this.#bridge = bridge;
    this.#stopWatching?.();
    this.#stopWatching = bridge.onChange(() => {
      void this.#look().then((page) => {
        if (page !== null && page !== 'silent') this.#set(page);
      });
    });
  }

  #isShown(): boolean {
    return this.#frame?.checkVisibility() ?? false;
  }

  #set(change: Partial<PageViewState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
