import type { DiskWrites } from '../../api/machine.ts';
import { SECTOR, type DiskContent } from './disk.ts';

/** Written data is kept in blocks of this many sectors (64 KiB): few objects, little waste. */
const BLOCK_SECTORS = 128;
const BLOCK = BLOCK_SECTORS * SECTOR;
const MASK_WORDS = BLOCK_SECTORS / 32;

/** Written sectors of one block: `data` is valid where `mask` has a bit. */
interface Block {
  readonly data: Uint8Array;
  readonly mask: Uint32Array;
}

function isWritten(block: Block, sector: number): boolean {
  return ((block.mask[sector >>> 5] ?? 0) & (1 << (sector & 31))) !== 0;
}

/**
 * A writable disk over read-only content: written sectors stay in memory, sparsely. Implements the
 * interface v86 expects of a disk: `load`, `get`, `get_and_cache`, `get_from_cache`, `set`, `get_state`, `set_state`,
 * `byteLength`.
 */
export class CopyOnWriteDisk {
  readonly byteLength: number;
  /** v86 sets it and waits for the call. */
  onload: ((event: object) => void) | undefined;
  readBytes = 0;
  writtenBytes = 0;
  readonly #content: DiskContent;
  readonly #blocks = new Map<number, Block>();
  #pending = 0;
  /** how often it became another disk's content */
  #generation = 0;

  constructor(content: DiskContent) {
    this.#content = content;
    this.byteLength = content.size;
  }

  /** Reads the guest waits for. A state must not be saved while there are any. */
  get pending(): number {
    return this.#pending;
  }

  /** Memory that written data takes. */
  get memoryBytes(): number {
    return this.#blocks.size * BLOCK;
  }

  load(): void {
    this.onload?.({});
  }

  /** v86 asks for the first sector ahead of time, to take the disk's geometry from its partition table. */
  get_and_cache(_offset: number, length: number, done: (data: Uint8Array) => void): void {
    done(new Uint8Array(length));
  }

  /** Nothing: the geometry then follows from the size, and Linux uses none. */
  get_from_cache(): undefined {
    return undefined;
  }

  get(offset: number, length: number, done: (data: Uint8Array) => void): void {
    this.readBytes += length;
    const first = offset / SECTOR;
    const last = first + length / SECTOR - 1;
    let written = 0;
    for (
      let number = Math.floor(first / BLOCK_SECTORS);
      number <= Math.floor(last / BLOCK_SECTORS);
      number++
    ) {
      const block = this.#blocks.get(number);
      if (block === undefined) continue;
      const from = Math.max(first - number * BLOCK_SECTORS, 0);
      const to = Math.min(last - number * BLOCK_SECTORS, BLOCK_SECTORS - 1);
      for (let sector = from; sector <= to; sector++) if (isWritten(block, sector)) written++;
    }
    if (written === length / SECTOR) {
      done(this.#overlay(new Uint8Array(length), first));
      return;
    }
    const finish = (content: Uint8Array): void =>
      done(written === 0 ? content : this.#overlay(content.slice(), first));
    const content = this.#content.read(offset, length);
    if (content instanceof Uint8Array) {
      finish(content);
      return;
    }
    this.#pending++;
    const generation = this.#generation;
    const arrived = (bytes?: Uint8Array): void => {
      // Who asked before it was another disk waits no more.
      if (generation !== this.#generation) return;
      this.#pending--;
      if (bytes !== undefined) finish(bytes);
    };
    // Content that cannot be had is waited for, until the machine is disposed of.
    content.then(arrived, () => arrived());
  }

  set(offset: number, data: Uint8Array, done: () => void): void {
    this.writtenBytes += data.length;
    for (let position = 0; position < data.length;) {
      const number = Math.floor((offset + position) / BLOCK);
      const start = offset + position - number * BLOCK;
      const length = Math.min(BLOCK - start, data.length - position);
      let block = this.#blocks.get(number);
      if (block === undefined) {
        block = { data: new Uint8Array(BLOCK), mask: new Uint32Array(MASK_WORDS) };
        this.#blocks.set(number, block);
      }
      block.data.set(data.subarray(position, position + length), start);
      for (let sector = start / SECTOR; sector < (start + length) / SECTOR; sector++) {
        block.mask[sector >>> 5] = (block.mask[sector >>> 5] ?? 0) | (1 << (sector & 31));
      }
      position += length;
    }
    done();
  }

  get_state(): DiskWrites {
    const count = this.#blocks.size;
    const numbers = new Uint32Array(count);
    const masks = new Uint32Array(count * MASK_WORDS);
    const data = new Uint8Array(count * BLOCK);
    let index = 0;
    for (const [number, block] of this.#blocks) {
      numbers[index] = number;
      masks.set(block.mask, index * MASK_WORDS);
      data.set(block.data, index * BLOCK);
      index++;
    }
    return [this.byteLength, numbers, masks, data];
  }

  set_state([size, numbers, masks, data]: DiskWrites): void {
    if (size !== this.byteLength)
      throw new RangeError(
        `The state is of a disk of ${size} bytes; this one has ${this.byteLength}.`,
      );
    this.#generation++;
    this.#pending = 0;
    this.#blocks.clear();
    for (const [index, number] of numbers.entries()) {
      this.#blocks.set(number, {
        data: data.subarray(index * BLOCK, (index + 1) * BLOCK),
        mask: masks.subarray(index * MASK_WORDS, (index + 1) * MASK_WORDS),
      });
    }
  }

  /** Puts written sectors over `target`, which begins at sector `first`. */
  #overlay(target: Uint8Array, first: number): Uint8Array {
    const count = target.length / SECTOR;
    for (let index = 0; index < count; index++) {
      const absolute = first + index;
      const block = this.#blocks.get(Math.floor(absolute / BLOCK_SECTORS));
      const sector = absolute % BLOCK_SECTORS;
      if (block === undefined || !isWritten(block, sector)) continue;
      target.set(block.data.subarray(sector * SECTOR, (sector + 1) * SECTOR), index * SECTOR);
    }
    return target;
  }
}
