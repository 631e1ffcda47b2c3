/** Both ends of a worker in a browser. */
import * as Comlink from 'comlink';
import { Emitter } from '../base/emitter.ts';
import { toHex } from '../base/hex.ts';
import { cryptoRandom } from '../base/random.ts';
import './transfer-handlers.ts';
import { isReadyMessage, type ReadyMessage, type WorkerLink } from './worker-link.ts';

/** The owner's end. */
export function linkBrowserWorker(worker: Worker): WorkerLink {
  const death = new Emitter<Error>();
  const watch = new AbortController();
  let ready = false;
  let dead = false;
  const die = (error: Error): void => {
    if (dead) return;
    dead = true;
    watch.abort();
    worker.terminate();
    death.fire(error);
  };
  const { signal } = watch;
  const onError = (event: ErrorEvent): void => {
    // Before it is ready an error means that the script cannot run. Later ones are reported, not fatal.
    if (!ready) die(new Error(event.message || 'its script could not be loaded'));
  };
  const onMessage = (event: MessageEvent<unknown>): void => {
    if (ready || !isReadyMessage(event.data)) return;
    ready = true;
    const { lock } = event.data;
    // Browsers do not say when a worker dies, but they release its locks.
    if (lock === undefined || !('locks' in navigator)) return;
    navigator.locks
      .request(lock, { signal }, () => die(new Error('it stopped by itself')))
      .catch(() => {});
  };
  worker.addEventListener('error', onError, { signal });
  worker.addEventListener('message', onMessage, { signal });
  return {
    endpoint: worker,
    onDeath: death.event,
    terminate() {
      die(new Error('it was terminated'));
      return Promise.resolve();
    },
  };
}

interface WorkerScope extends Comlink.Endpoint {
  postMessage(message: ReadyMessage): void;
}

/** The worker's end: offers `service` to the owner. */
export function exposeInBrowserWorker(service: object): void {
  const scope = globalThis as unknown as WorkerScope;
  Comlink.expose(service, scope);
  if (!('locks' in navigator)) {
    scope.postMessage({ drydock: 'ready' });
    return;
  }
  const lock = `drydock-worker-${toHex(cryptoRandom.bytes(8))}`;
  void navigator.locks.request(lock, () => {
    scope.postMessage({ drydock: 'ready', lock });
    return new Promise<never>(() => {});
  });
}
