import { V86 } from 'v86';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { runSoon } from '../../base/run-soon.ts';
import type { CopyOnWriteDisk } from '../disks/copy-on-write-disk.ts';
import { MachineError } from '../machine-error.ts';
import { endTimer } from './apic-timer.ts';
import { GuestChannel } from './guest-channel.ts';
import { InputQueue } from './input-queue.ts';
import { instantiateWithCompiler } from './jit-compiler.ts';
import { keepingCode } from './kept-code.ts';
import { internalsOf, type V86Internals } from './v86-internals.ts';

/** Frames that wait for the guest; further ones push out the oldest, as on a busy Ethernet. */
const FRAME_BACKLOG = 512;
/** The screen is never looked at; this is what VGA text mode and the BIOS need. */
const VGA_MEMORY = 2 * 1024 * 1024;
/** Span over which `cpuShare` is measured, in milliseconds. */
const SHARE_WINDOW = 1000;

/** What boots: the kernel is handed over directly, the BIOS only sets the stage. */
interface BootImages {
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer;
  readonly kernel: ArrayBuffer;
  readonly cmdline: string;
}

export interface EmulatorOptions {
  /** bytes, whole MiB */
  readonly memory: number;
  /** `v86.wasm`, compiled */
  readonly wasm: WebAssembly.Module;
  readonly disks: readonly [CopyOnWriteDisk, CopyOnWriteDisk];
  /** a cold boot, or what `saveState` gave for a machine of the same memory and disks, also compressed with zstd */
  readonly start: { readonly boot: BootImages } | { readonly state: ArrayBuffer };
  readonly handle9p: Handle9p;
  readonly clock: Clock;
}

/** Answers a 9P request. */
export type Handle9p = (request: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Who answers the 9P requests of one machine, and how many answers are on their way. */
interface Served9p {
  readonly handle: Handle9p;
  pending: number;
}

function misfit(cause: unknown): MachineError {
  return new MachineError('STATE_MISMATCH', 'The saved state does not fit this machine.', {
    cause,
  });
}

/** One emulated PC: the only place that touches v86. Created at rest; `run` sets it going. */
export class Emulator implements Disposable {
  readonly #serialOutput = new Emitter<number>();
  readonly #frames = new Emitter<Uint8Array>();
  /** Single bytes the guest writes to /dev/ttyS0. */
  readonly onSerialOutput = this.#serialOutput.event;
  /** Ethernet frames that leave eth0. */
  readonly onFrame = this.#frames.event;

  readonly #crash = new Emitter<Error>();
  /** The emulator itself failed. Nothing runs any more. */
  readonly onCrash = this.#crash.event;

  readonly #reset = new Emitter<void>();
  /** The guest has reset its processor, as `reboot` does, and stands still. It cannot run again: v86 has no kernel to boot any more. */
  readonly onReset = this.#reset.event;

  /** To and from the agent. */
  readonly channel: GuestChannel;

  readonly #v86: V86;
  readonly #internals: V86Internals;
  readonly #clock: Clock;
  readonly #frameInput: InputQueue;
  readonly #server9p: { now: Served9p };
  #timer: Disposable | undefined;
  #wasReset = false;
  #instructions = 0;
  #lastCounter = 0;
  #tickStart = 0;
  #busy = 0;
  #shareFrom: { time: number; busy: number };
  #share = 0;

  private constructor(v86: V86, options: EmulatorOptions, server9p: { now: Served9p }) {
    this.#v86 = v86;
    this.#clock = options.clock;
    this.#server9p = server9p;
    const internals = internalsOf(v86);
    this.#internals = internals;
    this.channel = new GuestChannel(internals);
    const network = internals.v86.cpu.devices.virtio_net;
    this.#frameInput = new InputQueue(network?.virtio.queues[0], 0, FRAME_BACKLOG, (frame) =>
      internals.bus.send('net0-receive', frame),
    );
    v86.add_listener('serial0-output-byte', (byte) => this.#serialOutput.fire(byte));
    v86.add_listener('net0-send', (frame) => this.#frames.fire(frame));
    internals.v86.unregister_yield();
    internals.v86.yield = (milliseconds, tick) => this.#yield(milliseconds, tick);
    internals.v86.cpu.reboot_internal = () => this.#onReset();
    this.#shareFrom = { time: this.#clock.monotonic(), busy: 0 };
  }

  static async create(options: EmulatorOptions): Promise<Emulator> {
    const server9p: { now: Served9p } = { now: { handle: options.handle9p, pending: 0 } };
    const boot = 'boot' in options.start ? options.start.boot : undefined;
    const v86 = new V86({
      wasm_fn: (imports) => instantiateWithCompiler(options.wasm, imports as WebAssembly.Imports),
      memory_size: options.memory,
      vga_memory_size: VGA_MEMORY,
      hda: options.disks[0] as never,
      hdb: options.disks[1] as never,
      filesystem: {
        handle9p(request, reply) {
          const served = server9p.now;
          const answer = served.handle(request);
          if (answer instanceof Uint8Array) {
            reply(answer);
            return;
          }
          served.pending++;
          void answer.then((bytes) => {
            served.pending--;
            // Of another machine, nobody waits for it any more.
            if (served === server9p.now) reply(bytes);
          });
        },
      },
      net_device: { type: 'virtio' },
      preserve_mac_from_state_image: true,
      virtio_console: { type: 'none' },
      // The local APIC, and with it the I/O APIC and power management, which Linux without ACPI leaves alone.
      acpi: true,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      autostart: false,
      ...(boot === undefined
        ? {}
        : {
            bios: { buffer: boot.bios },
            vga_bios: { buffer: boot.vgaBios },
            bzimage: { buffer: boot.kernel },
            cmdline: boot.cmdline,
          }),
    });
    await new Promise<void>((resolve) => v86.add_listener('emulator-loaded', () => resolve()));
    const emulator = new Emulator(v86, options, server9p);
    if ('state' in options.start) {
      try {
        await v86.restore_state(options.start.state);
        endTimer(emulator.#internals.v86.cpu);
      } catch (error) {
        emulator.dispose();
        throw misfit(error);
      }
    }
    return emulator;
  }

  /**
   * Becomes another machine of the same memory and disks, and stands still as a new one does; its processor's code is
   * compiled as far as memory is the same. What is on its way to the guest is dropped. When it fails there is only `dispose` left to do.
   * @throws TypeError while it runs, or when its guest was reset
   */
  become(state: ArrayBuffer, handle9p: Handle9p): void {
    if (this.running || this.#wasReset)
      throw new TypeError(
        'An emulator that runs, or whose guest was reset, becomes no other machine.',
      );
    this.channel.clear();
    this.#frameInput.clear();
    this.#server9p.now = { handle: handle9p, pending: 0 };
    const { v86 } = this.#internals;
    try {
      keepingCode(v86.cpu, () => v86.restore_state(state));
      endTimer(v86.cpu);
    } catch (error) {
      throw misfit(error);
    }
  }

  /** Guest instructions executed since the emulator was created. */
  get instructions(): number {
    // v86 counts in 32 bits; it is read whenever a guest at work yields.
    const counter = this.#v86.get_instruction_counter();
    this.#instructions += (counter - this.#lastCounter) >>> 0;
    this.#lastCounter = counter;
    return this.#instructions;
  }

  /** Share of one core that emulation took over about the last second, 0 to 1. */
  get cpuShare(): number {
    const now = this.#clock.monotonic();
    const elapsed = now - this.#shareFrom.time;
    if (elapsed >= SHARE_WINDOW) {
      this.#share = Math.min(1, (this.#busy - this.#shareFrom.busy) / elapsed);
      this.#shareFrom = { time: now, busy: this.#busy };
    }
    return this.#share;
  }

  /** Milliseconds of emulation so far. */
  get busy(): number {
    return this.#busy;
  }

  /** No 9P request waits for its answer: they would be lost in a saved state. */
  get isQuiet(): boolean {
    return this.#server9p.now.pending === 0;
  }

  get running(): boolean {
    return this.#v86.is_running();
  }

  run(): void {
    void this.#v86.run();
  }

  /** Resolves when the guest stands still. */
  async pause(): Promise<void> {
    if (!this.#v86.is_running()) return;
    const stopped = this.#v86.stop();
    // A guest that sleeps would notice only at its next timer.
    this.#internals.v86.next_tick(0);
    await stopped;
  }

  /** Everything but the content of disks that was never written. The guest must be paused. */
  saveState(): Promise<ArrayBuffer> {
    return this.#v86.save_state();
  }

  /** Hands eth0 a frame. */
  sendFrame(frame: Uint8Array): void {
    void this.#frameInput.push(frame);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.channel.dispose();
    this.#serialOutput.dispose();
    this.#frames.dispose();
    this.#crash.dispose();
    this.#reset.dispose();
    void this.#v86.destroy();
  }

  /**
   * Called in the midst of an instruction, which is the guest's last. A kernel whose processor goes on tries other ways to
   * reset it, and v86 breaks at one of them: a guest came that far when the host's scheduler held this thread up.
   */
  #onReset(): never {
    this.#wasReset = true;
    throw new Error('The guest has reset its processor.');
  }

  #yield(milliseconds: number, tick: number): void {
    const now = this.#clock.monotonic();
    if (this.#tickStart > 0) this.#busy += now - this.#tickStart;
    this.#tickStart = 0;
    // A guest at work executes 2^32 instructions in some ten seconds.
    if (milliseconds < 1) void this.instructions;
    this.channel.pump();
    this.#frameInput.pump();
    this.#timer?.dispose();
    this.#timer = undefined;
    if (milliseconds < 1) runSoon(() => this.#tick(tick));
    else this.#timer = this.#clock.setTimer(() => this.#tick(tick), Math.ceil(milliseconds));
  }

  #tick(tick: number): void {
    this.#tickStart = this.#clock.monotonic();
    try {
      this.#internals.v86.yield_callback(tick);
    } catch (error) {
      if (this.#wasReset) void this.pause().then(() => this.#reset.fire());
      else this.#crash.fire(error as Error);
    }
  }
}
