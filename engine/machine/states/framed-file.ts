import { MachineError } from '../machine-error.ts';

/** No header is that long; a number beyond means damage. Bytes. */
const LONGEST_HEADER = 16 * 1024 * 1024;
const LENGTH_BYTES = 4;

/**
 * A file that begins with `magic`, the length of a header, and the header as JSON; then come the contents, end to end. The magic
 * is a line that ends with the format's number.
 */
export function writeFramed(magic: string, header: unknown, contents: readonly Blob[]): Blob {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, json.length);
  return new Blob([magic, length, json, ...contents], { type: 'application/octet-stream' });
}

export interface FramedFile<Header> {
  readonly header: Header;
  /** one after the other, of these sizes; contents are left in the file */
  take(size: number): Blob;
}

/**
 * Undoes `writeFramed`. Throws STATE_MISMATCH for a file of another number, and STATE_DAMAGED for one that is something else, was
 * cut off, or has a header that `parse` does not take. @param what it should be, such as `a machine` @param sizeOf all contents, in bytes
 */
export async function readFramed<Header>(
  file: Blob,
  magic: string,
  what: string,
  parse: (json: unknown) => Header,
  sizeOf: (header: Header) => number,
): Promise<FramedFile<Header>> {
  const headerStart = magic.length + LENGTH_BYTES;
  const start = await file.slice(0, headerStart).arrayBuffer();
  const beginning = new TextDecoder().decode(start.slice(0, magic.length));
  if (beginning !== magic && beginning.startsWith(magic.replace(/\d+\n$/, '')))
    throw new MachineError(
      'STATE_MISMATCH',
      `This file is ${what} that another version of Drydock saved.`,
    );
  if (beginning !== magic)
    throw new MachineError('STATE_DAMAGED', `This file is not ${what} that Drydock saved.`);
  const length = start.byteLength < headerStart ? 0 : new DataView(start).getUint32(magic.length);
  let end = headerStart + length;
  let header: Header;
  try {
    if (length > LONGEST_HEADER) throw new RangeError('The header is too long.');
    header = parse(JSON.parse(await file.slice(headerStart, end).text()));
  } catch (error) {
    throw new MachineError('STATE_DAMAGED', 'The beginning of the file is damaged.', {
      cause: error,
    });
  }
  const size = end + sizeOf(header);
  if (file.size !== size)
    throw new MachineError(
      'STATE_DAMAGED',
      `The file has ${file.size} bytes and should have ${size}: it was cut off or changed.`,
    );
  return {
    header,
    take(bytes) {
      const content = file.slice(end, end + bytes);
      end += bytes;
      return content;
    },
  };
}
