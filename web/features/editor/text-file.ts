/** Text of a file as it is edited, and back to the very bytes: byte order mark and line endings are kept. */

export interface TextFile {
  readonly kind: 'text';
  readonly text: string;
  readonly byteOrderMark: boolean;
}

export interface RefusedFile {
  readonly kind: 'refused';
  /** a sentence for the learner */
  readonly reason: string;
}

/** Larger files make the editor slow: bytes. */
export const sizeLimit = 4 * 1024 * 1024;

export function tooLarge(size: number): RefusedFile {
  const mebibytes = (size / 1024 / 1024).toFixed(1);
  return {
    kind: 'refused',
    reason: `This file has ${mebibytes} MiB; the editor opens up to ${sizeLimit / 1024 / 1024}. In the terminal, less shows it.`,
  };
}

export function readText(bytes: Uint8Array): TextFile | RefusedFile {
  if (bytes.length > sizeLimit) return tooLarge(bytes.length);
  const byteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (bytes.subarray(0, 8192).includes(0)) return notText;
  try {
    return {
      kind: 'text',
      text: new TextDecoder('utf-8', { fatal: true }).decode(bytes),
      byteOrderMark,
    };
  } catch {
    return notText;
  }
}

const notText: RefusedFile = {
  kind: 'refused',
  reason:
    'This is not a text file (or not in UTF-8), so editing it here could damage it. In the terminal, hexdump -C shows its bytes.',
};

export function writeText(text: string, byteOrderMark: boolean): Uint8Array {
  return new TextEncoder().encode(byteOrderMark ? `\uFEFF${text}` : text);
}

/** Whether two texts differ in nothing but line endings. */
export function sameLines(a: string, b: string): boolean {
  return a === b || a.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n');
}
