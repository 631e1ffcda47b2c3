import * as Comlink from 'comlink';
import { systemClock, type Clock } from '../base/clock.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import { RpcError } from './rpc-error.ts';
import './transfer-handlers.ts';
import { isReadyMessage, type WorkerLink } from './worker-link.ts';

/** Calls go out at once and are answered in any order. Everything pending rejects when the worker ends. */
export interface RpcClient<Contract> {
  readonly service: Contract;
  readonly onDeath: Event<Error>;
  /** A second way to the same service, to be handed to another worker (which calls `connectPort`). */
  openPort(): Promise<MessagePort>;
  /** Ends the worker. What is pending rejects with `DISCONNECTED`. */
  dispose(): Promise<void>;
}

export interface RpcOptions {
  readonly clock?: Clock;
  /** Milliseconds a call of this method may take; no limit when absent. */
  readonly deadline?: (method: string) => number | undefined;
  /** Milliseconds the worker may take to say it is ready. */
  readonly startDeadline?: number;
}

/** How a worker that cannot even load its script shows itself in browsers without death events. */
const START_DEADLINE_MS = 60_000;

interface Calls {
  readonly remote: Comlink.Remote<Record<string, (...parameters: unknown[]) => unknown>>;
  readonly failures: Emitter<Error>;
  failure: Error | undefined;
}

function call(
  calls: Calls,
  method: string,
  parameters: unknown[],
  options: RpcOptions,
): Promise<unknown> {
  if (calls.failure !== undefined) return Promise.reject(calls.failure);
  return new Promise((resolve, reject) => {
    const milliseconds = options.deadline?.(method);
    const timer =
      milliseconds === undefined
        ? undefined
        : (options.clock ?? systemClock).setTimer(() => {
            finish();
            reject(
              new RpcError(
                'DEADLINE_EXCEEDED',
                `${method} did not answer within ${milliseconds} ms.`,
              ),
            );
          }, milliseconds);
    const death = calls.failures.event((error) => {
      finish();
      reject(error);
    });
    const finish = (): void => {
      timer?.dispose();
      death.dispose();
    };
    (calls.remote[method] as (...all: unknown[]) => Promise<unknown>)(...parameters).then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error as Error);
      },
    );
  });
}

function serviceOver<Contract>(calls: Calls, options: RpcOptions): Contract {
  const methods = new Map<string, (...parameters: unknown[]) => Promise<unknown>>();
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      // A service is no promise: `await service` must not call the worker.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      let method = methods.get(name);
      if (method === undefined) {
        method = (...parameters) => call(calls, name, parameters, options);
        methods.set(name, method);
      }
      return method;
    },
  }) as Contract;
}

/** Waits for the worker's first message, then speaks to its service. */
export async function connectWorker<Contract>(
  link: WorkerLink,
  options: RpcOptions = {},
): Promise<RpcClient<Contract>> {
  const calls: Calls = {
    remote: Comlink.wrap(link.endpoint),
    failures: new Emitter(),
    failure: undefined,
  };
  const fail = (error: Error): void => {
    if (calls.failure !== undefined) return;
    calls.failure = error;
    calls.failures.fire(error);
    calls.failures.dispose();
  };
  link.onDeath((error) =>
    fail(new RpcError('DISCONNECTED', `The worker has ended: ${error.message}`, { cause: error })),
  );
  const limit = options.startDeadline ?? START_DEADLINE_MS;
  await new Promise<void>((resolve, reject) => {
    const finish = (error?: Error): void => {
      timer.dispose();
      death.dispose();
      link.endpoint.removeEventListener('message', listener);
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = (options.clock ?? systemClock).setTimer(() => {
      finish(new RpcError('DEADLINE_EXCEEDED', `The worker did not start within ${limit} ms.`));
      void link.terminate();
    }, limit);
    const death = calls.failures.event(finish);
    const listener = (event: globalThis.Event): void => {
      if (isReadyMessage((event as MessageEvent).data)) finish();
    };
    link.endpoint.addEventListener('message', listener as unknown as EventListenerObject);
    link.endpoint.start?.();
  });
  return {
    service: serviceOver<Contract>(calls, options),
    onDeath: calls.failures.event,
    openPort: () => calls.remote[Comlink.createEndpoint](),
    async dispose() {
      fail(new RpcError('DISCONNECTED', 'The worker was stopped.'));
      await link.terminate();
    },
  };
}

/** Speaks to a service through a port from `RpcClient.openPort`. */
export function connectPort<Contract>(
  port: MessagePort,
  options: RpcOptions = {},
): { readonly service: Contract; dispose(): void } {
  const calls: Calls = { remote: Comlink.wrap(port), failures: new Emitter(), failure: undefined };
  const fail = (): void => {
    if (calls.failure !== undefined) return;
    calls.failure = new RpcError('DISCONNECTED', 'The other end of this connection is gone.');
    calls.failures.fire(calls.failure);
  };
  port.addEventListener('close', fail);
  return {
    service: serviceOver<Contract>(calls, options),
    dispose() {
      fail();
      port.close();
    },
  };
}
