declare module 'bz2' {
  /** Throws Error for what is no bzip2, or with `checkCrc` for damage. */
  export function decompress(bytes: Uint8Array, checkCrc?: boolean): Uint8Array;
}
