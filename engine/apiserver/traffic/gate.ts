import type { Breakpoint, HeldEntry } from '../../api/api-traffic.ts';
import type { Exchange } from '../request/exchange.ts';

interface Held {
  readonly entry: HeldEntry;
  readonly go: () => void;
}

/** Holds requests that a breakpoint matches, until they are let go. */
export class Gate {
  readonly #held = new Map<number, Held>();
  #breakpoints: readonly Breakpoint[] = [];
  #lastId = 0;

  /** In place of those before. What none of them matches any more goes on. */
  set(breakpoints: readonly Breakpoint[]): void {
    this.#breakpoints = breakpoints;
    for (const { entry, go } of this.#held.values())
      if (!breakpoints.some((breakpoint) => matches(breakpoint, entry))) go();
  }

  /** Lets one go on. */
  release(id: number): void {
    this.#held.get(id)?.go();
  }

  /** Those that wait. */
  get waiting(): readonly HeldEntry[] {
    return [...this.#held.values()].map(({ entry }) => entry);
  }

  /**
   * Resolves when the request may go on: at once unless a breakpoint matches it.
   * @param entry of the request, without its id @param onHeld told of a request that has to wait
   * @throws the request's abort reason when its client gives up meanwhile; an `HttpService` tells that only once there is a response
   */
  async pass(
    exchange: Exchange,
    entry: Omit<HeldEntry, 'id'>,
    onHeld: (held: HeldEntry) => void,
  ): Promise<void> {
    if (!this.#breakpoints.some((breakpoint) => matches(breakpoint, entry))) return;
    const { signal } = exchange.request;
    signal?.throwIfAborted();
    this.#lastId += 1;
    const held: HeldEntry = { ...entry, id: this.#lastId };
    exchange.heldAs = held.id;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#held.delete(held.id);
        resolve();
      };
      this.#held.set(held.id, { entry: held, go });
      signal?.addEventListener('abort', go, { once: true });
      onHeld(held);
    });
    signal?.throwIfAborted();
  }

  get isOpen(): boolean {
    return this.#breakpoints.length === 0;
  }
}

function matches(
  { program, verb, resource, subresource }: Breakpoint,
  { client, verb: asked, object }: Omit<HeldEntry, 'id'>,
): boolean {
  return (
    (program === undefined || client.agent.split(/[/ ]/, 1)[0] === program) &&
    verb === asked &&
    resource === object.resource &&
    subresource === object.subresource
  );
}
