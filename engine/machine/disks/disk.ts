/** v86 addresses disks in sectors of this many bytes. */
export const SECTOR = 512;

/**
 * Read-only content of a disk. Offsets and lengths are whole sectors. What is in memory is
 * returned at once, because v86 answers the guest without a detour when it is.
 */
export interface DiskContent {
  /** bytes */
  readonly size: number;
  /** The caller may not change the result. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}
