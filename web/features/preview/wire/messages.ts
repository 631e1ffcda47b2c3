/**
 * Messages of the preview. Three parties: the lab's page (has the machine), the bridge page (a hidden
 * frame on the preview origin) and the service worker (answers every fetch of the preview origin).
 *
 *     lab page ── control port ── bridge page ── client messages ── service worker
 *         └───────────────────── exchange port ─────────────────────────┘
 *
 * The bridge only introduces the other two: it passes an exchange port on, again each time the
 * browser has stopped the worker and started it anew.
 */

/** What an exchange with a machine can fail with: codes of `LabError`, and `LAB_GONE` when no lab page answers. */
export type FailureCode =
  | 'CONNECTION_REFUSED'
  | 'NOT_HTTP'
  | 'CLOSED_EARLY'
  | 'NOT_RUNNING'
  | 'LAB_GONE'
  | 'UNKNOWN';

export type HeaderList = readonly (readonly [string, string])[];

/** Service worker → lab page, over the exchange port. */
export type ExchangeRequest =
  | {
      readonly type: 'request';
      /** unique; a request that is posted again after a lost port keeps its id and runs once */
      readonly id: string;
      readonly machine: string;
      readonly port: number;
      readonly method: string;
      /** as the learner knows it: `http://localhost:8080/path?query` */
      readonly url: string;
      readonly headers: HeaderList;
      /** whether cookies travel, and whether those of the answer are kept */
      readonly cookies: boolean;
      /** loads a page, and may be sent again */
      readonly isPage: boolean;
      /** a `body` message follows once the request is accepted */
      readonly hasBody: boolean;
    }
  /** reader's end of the request's body (`stream-port.ts`) */
  | { readonly type: 'body'; readonly id: string; readonly body: MessagePort }
  | { readonly type: 'abort'; readonly id: string }
  /** a page changed `document.cookie` */
  | {
      readonly type: 'cookie';
      readonly machine: string;
      readonly url: string;
      readonly cookie: string;
    };

/** Lab page → service worker, over the exchange port. */
export type ExchangeReply =
  /** the request has arrived and will be run; it must not be posted again */
  | { readonly type: 'accepted'; readonly id: string }
  | {
      readonly type: 'response';
      readonly id: string;
      readonly status: number;
      readonly statusText: string;
      readonly headers: HeaderList;
      /** what `document.cookie` shows a page at this URL */
      readonly pageCookies: string;
      readonly body: MessagePort | null;
    }
  | {
      readonly type: 'failure';
      readonly id: string;
      readonly code: FailureCode;
      readonly message: string;
    };

/** Service worker → its clients (bridge pages, or in path mode lab pages). */
export interface NeedPort {
  readonly drydock: 'need-port';
  readonly slot: string;
}

/** Bridge or lab page → service worker, with an exchange port as the only transferred object. */
export interface HerePort {
  readonly drydock: 'here-port';
  readonly slot: string;
}

/** Page of the learner (cookie script) → service worker. */
export interface PageCookie {
  readonly drydock: 'page-cookie';
  readonly cookie: string;
}

/** Bridge page → lab page, on the window; the lab page answers with a control port. */
export interface BridgeHello {
  readonly drydock: 'bridge-hello';
}

/** Lab page → bridge page, with the control port transferred. */
export interface BridgeControl {
  readonly drydock: 'bridge-control';
}

/** Boot page in the visible frame → lab page: this origin has no worker yet. */
export interface BootHello {
  readonly drydock: 'boot-hello';
}

/** Lab page → boot page: the worker is ready, load again. */
export interface BootAgain {
  readonly drydock: 'boot-again';
}

/** State of the page in the visible frame, as its bridge sees it. */
export interface PageState {
  /** path, query and fragment */
  readonly path: string;
  readonly title: string;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  /** set when the page is our own explanation of a failed exchange */
  readonly failure: FailureCode | null;
}

/** Bridge page → lab page, over the control port. */
export type BridgeEvent =
  | { readonly type: 'need-port' }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string }
  /** answer to `look`; null while the frame is on another origin */
  | { readonly type: 'page'; readonly page: PageState | null }
  /** the page in an attended frame changed its address by script */
  | { readonly type: 'changed' }
  /** the page is about to leave for an address that is not a preview of this machine */
  | { readonly type: 'external'; readonly url: string };

/** Lab page → bridge page, over the control port. `frame` is the index of the visible frame in the lab page's `frames`. */
export type BridgeCommand =
  /** with an exchange port transferred */
  | { readonly type: 'port' }
  | { readonly type: 'look'; readonly frame: number }
  | { readonly type: 'travel'; readonly frame: number; readonly to: Travel };

export type Travel = 'back' | 'forward' | 'reload';

type WindowMessage = BridgeHello | BridgeControl | BootHello | BootAgain;
type ClientMessage = NeedPort | HerePort | PageCookie;

/** The message when `data` is one of ours of kind `kind`, else undefined. */
export function readMessage<K extends (WindowMessage | ClientMessage)['drydock']>(
  data: unknown,
  kind: K,
): Extract<WindowMessage | ClientMessage, { drydock: K }> | undefined {
  if (typeof data !== 'object' || data === null || !('drydock' in data) || data.drydock !== kind)
    return undefined;
  return data as Extract<WindowMessage | ClientMessage, { drydock: K }>;
}
