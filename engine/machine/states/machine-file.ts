import { z } from 'zod';
import type { MachineFile, SavedMachine } from '../../api/machine.ts';
import { readFramed, writeFramed } from './framed-file.ts';

/** First bytes of a file that holds a saved machine. The number is the format's version. */
const MAGIC = 'DRYDOCK MACHINE 1\n';

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
  return writeFramed(MAGIC, described, [state, ...(images === undefined ? [] : [images])]);
}

/** Whether a file begins as that of a saved machine. */
export async function isMachineFile(file: Blob): Promise<boolean> {
  return (await file.slice(0, MAGIC.length).text()) === MAGIC;
}

/**
 * Undoes `writeMachineFile`; contents are left in the file. Throws STATE_DAMAGED for a file that is
 * something else, was cut off, or has a header nobody can read.
 */
export async function readMachineFile(file: Blob): Promise<MachineFile> {
  const framed = await readFramed(
    file,
    MAGIC,
    'a machine',
    (json) => header.parse(json),
    ({ state, images = 0 }) => state + images,
  );
  const { name, savedAt, profile, memory, artifacts, state, images } = framed.header;
  const saved: SavedMachine = {
    profile,
    memory,
    artifacts,
    state: framed.take(state),
    ...(images === undefined ? {} : { images: framed.take(images) }),
  };
  return { name, savedAt, saved };
}
