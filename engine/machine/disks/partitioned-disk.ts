import { SECTOR, type DiskContent } from './disk.ts';

/** Partitions begin at multiples of this, as fdisk has done since 2010. */
const ALIGNMENT = 1024 * 1024;
/** Partition type "Linux". */
const TYPE_LINUX = 0x83;
const FIRST_ENTRY = 446;
const ENTRY_SIZE = 16;

/** Master boot record with up to four primary partitions, LBA addresses only. */
function bootRecord(
  partitions: readonly { readonly start: number; readonly size: number }[],
): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  const view = new DataView(sector.buffer);
  for (const [index, { start, size }] of partitions.entries()) {
    const entry = FIRST_ENTRY + index * ENTRY_SIZE;
    // Cylinder, head and sector beyond what they can express: 0xfe 0xff 0xff means "see LBA".
    sector.set([0, 0xfe, 0xff, 0xff, TYPE_LINUX, 0xfe, 0xff, 0xff], entry);
    view.setUint32(entry + 8, start / SECTOR, true);
    view.setUint32(entry + 12, size / SECTOR, true);
  }
  sector.set([0x55, 0xaa], SECTOR - 2);
  return sector;
}

/** Several disks as the partitions of one, so that each artifact can change by itself. */
export class PartitionedDisk implements DiskContent {
  readonly size: number;
  readonly #partitions: {
    readonly start: number;
    readonly size: number;
    readonly content: DiskContent;
  }[] = [];
  readonly #bootRecord: Uint8Array;

  /** @param contents at most four, sizes whole sectors */
  constructor(contents: readonly DiskContent[]) {
    if (contents.length > 4)
      throw new RangeError('A master boot record has room for four partitions.');
    let start = ALIGNMENT;
    for (const content of contents) {
      const size = Math.ceil(content.size / SECTOR) * SECTOR;
      this.#partitions.push({ start, size, content });
      start = Math.ceil((start + size) / ALIGNMENT) * ALIGNMENT;
    }
    this.size = start;
    this.#bootRecord = bootRecord(this.#partitions);
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    for (const { start, size, content } of this.#partitions) {
      if (offset >= start && offset + length <= start + content.size)
        return content.read(offset - start, length);
      if (offset < start + size && offset + length > start) return this.#readAcross(offset, length);
    }
    return this.#readAcross(offset, length);
  }

  /** A read that touches the boot record, a gap or more than one partition. */
  #readAcross(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    const result = new Uint8Array(length);
    if (offset < SECTOR)
      result.set(this.#bootRecord.subarray(offset, Math.min(SECTOR, offset + length)));
    const waiting: Promise<void>[] = [];
    for (const { start, content } of this.#partitions) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + content.size);
      if (from >= to) continue;
      const part = content.read(from - start, to - from);
      if (part instanceof Uint8Array) result.set(part, from - offset);
      else waiting.push(part.then((bytes) => result.set(bytes, from - offset)));
    }
    return waiting.length === 0 ? result : Promise.all(waiting).then(() => result);
  }
}
