import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';

/** A frame as the switch saw it. */
export interface RecordedFrame {
  /** UNIX time in milliseconds */
  readonly time: number;
  /** name of the port it came in through */
  readonly from: string;
  /** names of the ports it went out of; empty when it was dropped */
  readonly to: readonly string[];
  readonly frame: Uint8Array;
}

/** What happens to a frame between two ports. Called for every pair; pure. */
export type LinkRule = (
  from: string,
  to: string,
) => { readonly drop: boolean; readonly delay: number };

/** Learned addresses are forgotten after this many milliseconds (IEEE 802.1D default: 300 s). */
const AGEING_MS = 300_000;
const ADDRESS_BYTES = 6;
/** 14 bytes of header; shorter ones are no Ethernet frames. */
const MINIMUM_FRAME = 14;

const PERFECT: LinkRule = () => ({ drop: false, delay: 0 });

/** Six bytes as one number, which a Map finds faster than a string. */
function addressAt(frame: Uint8Array, offset: number): number {
  let address = 0;
  for (let index = 0; index < ADDRESS_BYTES; index++)
    address = address * 256 + (frame[offset + index] ?? 0);
  return address;
}

interface SwitchPort {
  readonly name: string;
  readonly port: MessagePort;
}

/**
 * A learning Ethernet switch between machines: each is joined by a MessagePort that carries whole
 * frames (`MachineService.connectNetwork`). `rule` cuts links or makes them slow; `onFrame` shows
 * every frame. Left out: VLANs, spanning tree, jumbo frames, flow control.
 */
export class EthernetSwitch implements Disposable {
  /** Applied to every frame from now on. */
  rule: LinkRule = PERFECT;
  readonly #clock: Clock;
  readonly #ports = new Map<string, SwitchPort>();
  readonly #addresses = new Map<number, { readonly port: string; readonly seen: number }>();
  readonly #recorded = new Emitter<RecordedFrame>();
  readonly onFrame = this.#recorded.event;
  readonly #delayed = new Set<Disposable>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Joins a machine. The port is closed when it is unplugged. Throws when the name is taken. */
  plug(name: string, port: MessagePort): Disposable {
    if (this.#ports.has(name)) throw new RangeError(`The switch has a port ${name} already.`);
    const own: SwitchPort = { name, port };
    this.#ports.set(name, own);
    port.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (event.data instanceof Uint8Array) this.#forward(name, event.data);
    });
    port.addEventListener('close', () => this.#unplug(own));
    port.start();
    return { dispose: () => this.#unplug(own) };
  }

  dispose(): void {
    for (const port of this.#ports.values()) this.#unplug(port);
    for (const timer of this.#delayed) timer.dispose();
    this.#delayed.clear();
    this.#recorded.dispose();
  }

  #unplug(own: SwitchPort): void {
    if (this.#ports.get(own.name) !== own) return;
    this.#ports.delete(own.name);
    for (const [address, { port }] of this.#addresses)
      if (port === own.name) this.#addresses.delete(address);
    own.port.close();
  }

  #forward(from: string, frame: Uint8Array): void {
    if (frame.length < MINIMUM_FRAME) return;
    const now = this.#clock.now();
    const group = ((frame[0] ?? 0) & 1) === 1;
    this.#addresses.set(addressAt(frame, ADDRESS_BYTES), { port: from, seen: now });
    const known = group ? undefined : this.#addresses.get(addressAt(frame, 0));
    const target = known !== undefined && now - known.seen <= AGEING_MS ? known.port : undefined;
    const to: string[] = [];
    for (const port of this.#ports.values()) {
      if (port.name === from || (target !== undefined && port.name !== target)) continue;
      const { drop, delay } = this.rule(from, port.name);
      if (drop) continue;
      to.push(port.name);
      this.#send(port, frame, delay);
    }
    if (this.#recorded.hasListeners) this.#recorded.fire({ time: now, from, to, frame });
  }

  #send(port: SwitchPort, frame: Uint8Array, delay: number): void {
    if (delay <= 0) {
      port.port.postMessage(frame);
      return;
    }
    const timer = this.#clock.setTimer(() => {
      this.#delayed.delete(timer);
      if (this.#ports.get(port.name) === port) port.port.postMessage(frame);
    }, delay);
    this.#delayed.add(timer);
  }
}
