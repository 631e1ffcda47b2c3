import { z } from 'zod';
import type { Checkpoint } from '../../api/checkpoint.ts';
import { readFramed, writeFramed } from '../../machine/states/framed-file.ts';
import {
  isMachineFile,
  readMachineFile,
  writeMachineFile,
} from '../../machine/states/machine-file.ts';

/** First bytes of a file that holds a checkpoint. The number is the format's version. */
const MAGIC = 'DRYDOCK CHECKPOINT 1\n';

const header = z.object({
  name: z.string(),
  savedAt: z.number(),
  place: z.string().exactOptional(),
  openFiles: z
    .record(
      z.string(),
      z.object({ paths: z.array(z.string()).readonly(), shown: z.string().exactOptional() }),
    )
    .exactOptional(),
  /** bytes of a machine's file */
  machine: z.number().exactOptional(),
  /** bytes of a cluster's file */
  cluster: z.number().exactOptional(),
});

/** A checkpoint as one file: magic, length of the header, header as JSON, the files of machine and cluster. */
export function writeCheckpoint({ machine, cluster, ...about }: Checkpoint): Blob {
  const { name, savedAt } = about;
  const file =
    machine === undefined ? undefined : writeMachineFile({ name, savedAt, saved: machine });
  const described: z.infer<typeof header> = {
    ...about,
    ...(file === undefined ? {} : { machine: file.size }),
    ...(cluster === undefined ? {} : { cluster: cluster.size }),
  };
  return writeFramed(
    MAGIC,
    described,
    [file, cluster].filter((part) => part !== undefined),
  );
}

/**
 * Undoes `writeCheckpoint`, and takes the file of a machine alone for a checkpoint too; contents are left in the file.
 * Throws STATE_DAMAGED for a file that is something else, was cut off, or has a header nobody can read.
 */
export async function readCheckpoint(file: Blob): Promise<Checkpoint> {
  if (await isMachineFile(file)) {
    const { saved, ...about } = await readMachineFile(file);
    return { ...about, machine: saved };
  }
  const framed = await readFramed(
    file,
    MAGIC,
    'a checkpoint',
    (json) => header.parse(json),
    ({ machine = 0, cluster = 0 }) => machine + cluster,
  );
  const { machine, cluster, ...about } = framed.header;
  return {
    ...about,
    ...(machine === undefined
      ? {}
      : { machine: (await readMachineFile(framed.take(machine))).saved }),
    ...(cluster === undefined ? {} : { cluster: framed.take(cluster) }),
  };
}
