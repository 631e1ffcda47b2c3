import { Emitter, type Event } from '../../base/emitter.ts';
import { InputQueue } from './input-queue.ts';
import type { V86Internals } from './v86-internals.ts';

/** Linux posts receive buffers of one page to the console's queues. */
const BUFFER_BYTES = 4096;
/** The port that is no console; the other is 0, `/dev/hvc0`. */
const PLAIN_PORT = 1;
/** Control event with which a virtio console tells the driver to make a port a console (virtio 1.2, 5.3.6.2). */
const CONSOLE_PORT = 4;

/** Number of a port's receive queue (virtio 1.2, 5.3.2). */
function receiveQueue(port: number): number {
  return port === 0 ? 0 : port * 2 + 2;
}

/**
 * The byte channel to the agent: port 1 of the virtio console as a plain port, which moves whole
 * pages. v86 makes every port a console, that is a terminal, which Linux reads in pieces of 16
 * bytes; so port 1 is spared that. A guest whose agent knows only `/dev/hvc0` is heard there:
 * until it has said something, input goes to both.
 */
export class GuestChannel {
  readonly #inputs: readonly InputQueue[];
  readonly #output = new Emitter<Uint8Array>();
  /** Bytes the guest writes. */
  readonly onOutput: Event<Uint8Array> = this.#output.event;
  #active: InputQueue | undefined;

  constructor(internals: V86Internals) {
    const console = internals.v86.cpu.devices.virtio_console;
    this.#inputs = [0, PLAIN_PORT].map((port) => {
      const queue = console?.virtio.queues[receiveQueue(port)];
      const input = new InputQueue(queue, BUFFER_BYTES, Number.POSITIVE_INFINITY, (bytes) =>
        internals.bus.send(`virtio-console${port}-input-bytes`, bytes),
      );
      internals.listen(`virtio-console${port}-output-bytes`, (bytes) => {
        this.#choose(input);
        this.#output.fire(bytes);
      });
      return input;
    });
    if (console === undefined) return;
    const send = console.SendEvent;
    console.SendEvent = (port, event, value) => {
      if (port !== PLAIN_PORT || event !== CONSOLE_PORT) send.call(console, port, event, value);
    };
  }

  /** Resolves when the guest's driver has taken the bytes. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#active === undefined)
      await Promise.any(this.#inputs.map((input) => input.push(bytes)));
    else await this.#active.push(bytes);
  }

  /** Hands over what waits; called whenever the guest has run. */
  pump(): void {
    for (const input of this.#inputs) input.pump();
  }

  /** Forgets what waits, and which port the guest's agent speaks at: another guest is to come. */
  clear(): void {
    for (const input of this.#inputs) input.clear();
    this.#active = undefined;
  }

  dispose(): void {
    this.#output.dispose();
  }

  #choose(input: InputQueue): void {
    if (this.#active === input) return;
    this.#active = input;
    for (const other of this.#inputs) if (other !== input) other.clear();
  }
}
