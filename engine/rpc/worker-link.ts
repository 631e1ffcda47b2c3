import type * as Comlink from 'comlink';
import type { Event } from '../base/emitter.ts';

/** A running worker as its owner sees it, whatever the host. */
export interface WorkerLink {
  readonly endpoint: Comlink.Endpoint;
  /** Fires once when the worker has ended, with the reason. */
  readonly onDeath: Event<Error>;
  /** Ends the worker at once; frees all its memory. */
  terminate(): Promise<void>;
}

/** First message of a worker, when its service can be called. `lock` is held for as long as the worker lives. */
export interface ReadyMessage {
  readonly drydock: 'ready';
  readonly lock?: string;
}

export function isReadyMessage(data: unknown): data is ReadyMessage {
  return typeof data === 'object' && data !== null && 'drydock' in data && data.drydock === 'ready';
}
