/** Both ends of a worker thread in Node. */
import { parentPort, Worker, type Transferable as NodeTransferable } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import * as Comlink from 'comlink';
import { Emitter } from '../base/emitter.ts';
import { bundleOf } from './bundle-worker.node.ts';
import './transfer-handlers.ts';
import type { ReadyMessage, WorkerLink } from './worker-link.ts';

/** Comlink wants the events of browsers; the `Worker` of Node is an EventEmitter. */
function endpointOf(worker: Worker): Comlink.Endpoint {
  const wrapped = new Map<object, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) =>
      worker.postMessage(message, transfer as unknown as NodeTransferable[]),
    addEventListener(_type, listener) {
      const call = typeof listener === 'function' ? listener : listener.handleEvent.bind(listener);
      const own = (data: unknown): void => call(new MessageEvent('message', { data }));
      wrapped.set(listener, own);
      worker.on('message', own);
    },
    removeEventListener(_type, listener) {
      const own = wrapped.get(listener);
      if (own !== undefined) worker.off('message', own);
    },
  };
}

/** Loads what it is told. No other message comes before the worker's first one. */
const LOADER = `require('node:worker_threads').parentPort.once('message', (url) => import(url));`;

/**
 * Starts a worker thread from a TypeScript file. Strings and numbers in `workerData` configure it.
 * V8's limits on a thread's heap are left as they are: guest memory is outside the heap.
 */
export function spawnNodeWorker(url: URL, workerData: unknown): WorkerLink {
  const worker = new Worker(LOADER, { eval: true, workerData });
  const death = new Emitter<Error>();
  let reason: Error | undefined;
  let stopping = false;
  worker.on('error', (error) => (reason = error));
  bundleOf(url).then(
    (file) => worker.postMessage(pathToFileURL(file).href),
    (error: unknown) => {
      reason = error instanceof Error ? error : new Error(String(error));
      void worker.terminate();
    },
  );
  worker.on('exit', (code) =>
    death.fire(reason ?? new Error(stopping ? 'it was terminated' : `it exited with code ${code}`)),
  );
  return {
    endpoint: endpointOf(worker),
    onDeath: death.event,
    async terminate() {
      stopping = true;
      await worker.terminate();
    },
  };
}

/** The worker's end: offers `service` to the owner. */
export function exposeInNodeWorker(service: object): void {
  if (parentPort === null) throw new Error('This file runs as a worker thread only.');
  Comlink.expose(service, parentPort as unknown as Comlink.Endpoint);
  const ready: ReadyMessage = { drydock: 'ready' };
  parentPort.postMessage(ready);
}
