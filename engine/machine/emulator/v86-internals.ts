/**
 * The parts of v86 0.5 that its type definitions leave out and this program needs. Its build keeps
 * property names, so they can be reached; `internalsOf` checks at start that they are there, so
 * that a newer v86 fails with a sentence instead of losing bytes.
 */
import type { V86 } from 'v86';

/** Part of the identity of saved states, whose format belongs to the emulator's version. */
export const V86_VERSION = '0.5.462';

/** A virtqueue of the emulated device (virtio 1.2, section 2.7). */
export interface VirtQueue {
  /** the driver has set up the ring */
  is_configured(): boolean | number;
  /** buffers the driver offers */
  count_requests(): number;
}

/** The pages of memory that a state has; all others are zero. */
export interface PageSet {
  get(page: number): number;
}

/** What restores the processor's part of a state. */
export interface V86Cpu {
  /** physical memory */
  readonly mem8: Uint8Array;
  /** Makes memory what the state has: its pages one after the other. */
  unpack_memory: (pages: PageSet, content: Uint8Array) => void;
  /** Forgets all code that was generated. */
  jit_clear_cache: () => void;
  /** Forgets code that was generated from these physical addresses. */
  jit_dirty_cache(start: number, end: number): void;
}

/** Where its local APIC is. */
export interface V86Apic {
  readonly wasm_memory: Pick<WebAssembly.Memory, 'buffer'>;
  /** of its registers in `wasm_memory` */
  get_apic_addr(): number;
}

interface VirtioDevice {
  readonly virtio: { readonly queues: readonly VirtQueue[] };
}

interface VirtioConsole extends VirtioDevice {
  /** Sends the driver a control message about a port. */
  SendEvent(port: number, event: number, value: number): void;
}

export interface V86Internals {
  readonly bus: { send(name: string, value: unknown): void };
  /** `add_listener`, whose type knows fewer events than there are. */
  readonly listen: (name: string, listener: (bytes: Uint8Array) => void) => void;
  readonly v86: {
    /** Asked to run `yield_callback(tick)` in `milliseconds` (at once below 1), after letting the event loop turn. */
    yield: (milliseconds: number, tick: number) => void;
    yield_callback(tick: number): void;
    next_tick(milliseconds: number): void;
    restore_state(state: ArrayBuffer): void;
    /** Ends the nested worker through which v86 yields where there is no scheduler. */
    unregister_yield(): void;
    readonly cpu: V86Cpu &
      V86Apic & {
        /** What the guest causes by the keyboard controller or the chipset. */
        reboot_internal: () => void;
        readonly devices: {
          readonly virtio_console?: VirtioConsole;
          readonly virtio_net?: VirtioDevice;
        };
        readonly wm: { readonly exports: Record<string, (...parameters: number[]) => number> };
      };
  };
}

export function internalsOf(emulator: V86): V86Internals {
  const { bus, v86 } = emulator as unknown as V86Internals;
  const console = v86?.cpu?.devices?.virtio_console;
  const found = [
    bus?.send,
    v86?.yield,
    v86?.yield_callback,
    v86?.next_tick,
    v86?.restore_state,
    v86?.unregister_yield,
    v86?.cpu?.reboot_internal,
    v86?.cpu?.unpack_memory,
    v86?.cpu?.jit_clear_cache,
    v86?.cpu?.jit_dirty_cache,
    v86?.cpu?.get_apic_addr,
    console?.SendEvent,
    console?.virtio?.queues?.[0]?.count_requests,
  ];
  const memory = v86?.cpu?.wasm_memory;
  if (
    !found.every((member) => typeof member === 'function') ||
    !(memory instanceof WebAssembly.Memory)
  ) {
    throw new TypeError(
      'This version of v86 is built differently: engine/machine/emulator/v86-internals.ts must be adapted to it.',
    );
  }
  const listen = emulator.add_listener.bind(emulator) as unknown as V86Internals['listen'];
  return { bus, v86, listen };
}
