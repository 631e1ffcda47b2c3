import * as Comlink from 'comlink';
import { systemClock, type Clock } from '../base/clock.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import { holdReceived, sending } from './crossings.ts';
import { PendingCalls } from './pending-calls.ts';
import { otherEndIsGone, RpcError } from './rpc-error.ts';
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
  readonly pending: PendingCalls;
}

type RemoteMethod = (...parameters: unknown[]) => Promise<unknown>;

async function call(
  { pending }: Calls,
  method: string,
  remote: () => RemoteMethod,
  parameters: unknown[],
  options: RpcOptions,
): Promise<unknown> {
  const calling = pending.add(async () => {
    const answer = await sending(pending, () => remote()(...parameters));
    holdReceived(pending, answer);
    return answer;
  });
  const milliseconds = options.deadline?.(method);
  if (milliseconds === undefined) return calling;
  let late: ((error: Error) => void) | undefined;
  const deadline = new Promise<never>((_resolve, reject) => (late = reject));
  const timer = (options.clock ?? systemClock).setTimer(
    () =>
      late?.(
        new RpcError('DEADLINE_EXCEEDED', `${method} did not answer within ${milliseconds} ms.`),
      ),
    milliseconds,
  );
  return Promise.race([calling, deadline]).finally(() => timer.dispose());
}

function serviceOver<Contract>(calls: Calls, options: RpcOptions): Contract {
  const methods = new Map<string, RemoteMethod>();
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      // A service is no promise: `await service` must not call the worker.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      let method = methods.get(name);
      if (method === undefined) {
        // Comlink makes a proxy for each look at a method, so there is one look.
        let known: RemoteMethod | undefined;
        const remote = () => (known ??= calls.remote[name] as RemoteMethod);
        method = (...parameters) => call(calls, name, remote, parameters, options);
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
  const calls: Calls = { remote: Comlink.wrap(link.endpoint), pending: new PendingCalls() };
  const deaths = new Emitter<Error>();
  const fail = (error: Error): void => {
    if (!calls.pending.fail(error)) return;
    // Comlink's registry of proxies keeps a worker alive as long as its proxy, and so for ever what both refer to.
    calls.remote[Comlink.releaseProxy]();
    deaths.fire(error);
    deaths.dispose();
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
    const death = deaths.event(finish);
    const listener = (event: globalThis.Event): void => {
      if (isReadyMessage((event as MessageEvent).data)) finish();
    };
    link.endpoint.addEventListener('message', listener as unknown as EventListenerObject);
    link.endpoint.start?.();
  });
  return {
    service: serviceOver<Contract>(calls, options),
    onDeath: deaths.event,
    openPort: () => calls.remote[Comlink.createEndpoint](),
    async dispose() {
      fail(new RpcError('DISCONNECTED', 'The worker was stopped.'));
      await link.terminate();
    },
  };
}

/** The worker's end of a further service: the port leads to it, by `connectPort`. */
export function exposeOnPort(service: object): MessagePort {
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(service, port1);
  return port2;
}

/** Speaks to a service through a port from `RpcClient.openPort` or `exposeOnPort`. */
export function connectPort<Contract>(
  port: MessagePort,
  options: RpcOptions = {},
): { readonly service: Contract; dispose(): void } {
  const calls: Calls = { remote: Comlink.wrap(port), pending: new PendingCalls() };
  const fail = (): void => void calls.pending.fail(otherEndIsGone());
  port.addEventListener('close', fail);
  return {
    service: serviceOver<Contract>(calls, options),
    dispose() {
      fail();
      port.close();
    },
  };
}
