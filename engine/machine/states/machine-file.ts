import { z } from 'zod';
import type { MachineFile, SavedMachine } from '../../api/machine.ts';
import { MachineError } from '../machine-error.ts';

/** First bytes of a file that holds a saved machine. The number is the format's version. */
const MAGIC = 'DRYDOCK MACHINE 1\n';
const HEADER_START = MAGIC.length + 4;
/** No header is that long; a number beyond means damage. Bytes. */
const LONGEST_HEADER = 64 * 1024;

const header = z.object({
  name: z.string(),
  savedAt: z.number(),
  profile: z.enum(['docker', 'docker-reference', 'node', 'bare']),
  memory: z.number(),
  artifacts: z.string(),
  /** bytes */
  state: z.number(),
  /** bytes; absent without a Docker engine */
  images: z.number().exactOptional(),
});

/** A saved machine as one file: magic, length of the header, header as JSON, state, images. */
export function writeMachineFile({ name, savedAt, saved }: MachineFile): Blob {
  const { profile, memory, artifacts, state, images } = saved;
  const described: z.infer<typeof header> = {
    name,
    savedAt,
    profile,
    memory,
    artifacts,
    state: state.size,
    ...(images === undefined ? {} : { images: images.size }),
  };
  const json = new TextEncoder().encode(JSON.stringify(described));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  const parts = [MAGIC, length, json, state, ...(images === undefined ? [] : [images])];
  return new Blob(parts, { type: 'application/octet-stream' });
}

/**
 * Undoes `writeMachineFile`; contents are left in the file. Throws STATE_DAMAGED for a file that is
 * something else, was cut off, or has a header nobody can read.
 */
export async function readMachineFile(file: Blob): Promise<MachineFile> {
  const start = await file.slice(0, HEADER_START).arrayBuffer();
  if (new TextDecoder().decode(start.slice(0, MAGIC.length)) !== MAGIC)
    throw new MachineError('STATE_DAMAGED', 'This file is not a machine that Drydock saved.');
  const length = start.byteLength < HEADER_START ? 0 : new DataView(start).getUint32(MAGIC.length);
  const end = HEADER_START + length;
  const described =
    length > LONGEST_HEADER ? undefined : parse(await file.slice(HEADER_START, end).text());
  if (described === undefined)
    throw new MachineError('STATE_DAMAGED', 'The beginning of the file is damaged.');
  const { name, savedAt, profile, memory, artifacts, state, images } = described;
  const size = end + state + (images ?? 0);
  if (file.size !== size)
    throw new MachineError(
      'STATE_DAMAGED',
      `The file has ${file.size} bytes and should have ${size}: it was cut off or changed.`,
    );
  const saved: SavedMachine = {
    profile,
    memory,
    artifacts,
    state: file.slice(end, end + state),
    ...(images === undefined ? {} : { images: file.slice(end + state) }),
  };
  return { name, savedAt, saved };
}

function parse(json: string): z.infer<typeof header> | undefined {
  try {
    return header.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
