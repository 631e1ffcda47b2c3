import { z } from 'zod';
import type { Checkpoint, KeptMachine, LessonMachines } from '../../api/checkpoint.ts';
import { readFramed, writeFramed } from '../../machine/states/framed-file.ts';
import {
  isMachineFile,
  readMachineFile,
  writeMachineFile,
} from '../../machine/states/machine-file.ts';

/** First bytes of a file that holds a checkpoint. The number is the format's version. */
const MAGIC = 'DRYDOCK CHECKPOINT 1\n';
/** The same with machines beside a lesson's, which a reader of version 1 would take for damage. */
const MAGIC_WITH_OTHERS = 'DRYDOCK CHECKPOINT 2\n';

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
  others: z
    .object({
      lesson: z.string(),
      /** in the order of their files, with the bytes of each */
      machines: z.array(z.object({ name: z.string(), startMs: z.number(), size: z.number() })),
    })
    .exactOptional(),
});

/** A checkpoint as one file: magic, length of the header, header as JSON, the files of machine and cluster, and of machines beside a lesson's. */
export function writeCheckpoint({ machine, cluster, others, ...about }: Checkpoint): Blob {
  const { savedAt } = about;
  const file =
    machine === undefined
      ? undefined
      : writeMachineFile({ name: about.name, savedAt, saved: machine });
  const beside = Object.entries(others?.machines ?? {}).map(([name, { saved, startMs }]) => ({
    name,
    startMs,
    file: writeMachineFile({ name, savedAt, saved }),
  }));
  const described: z.infer<typeof header> = {
    ...about,
    ...(file === undefined ? {} : { machine: file.size }),
    ...(cluster === undefined ? {} : { cluster: cluster.size }),
    ...(others === undefined
      ? {}
      : {
          others: {
            lesson: others.lesson,
            machines: beside.map(({ file: { size }, ...one }) => ({ ...one, size })),
          },
        }),
  };
  return writeFramed(
    others === undefined ? MAGIC : MAGIC_WITH_OTHERS,
    described,
    [file, cluster, ...beside.map((one) => one.file)].filter((part) => part !== undefined),
  );
}

/**
 * Undoes `writeCheckpoint`, and takes the file of a machine alone for a checkpoint too; contents are left in the file.
 * Throws STATE_DAMAGED for a file that is something else, was cut off, or has a header nobody can read, and STATE_MISMATCH for one of
 * a later version.
 */
export async function readCheckpoint(file: Blob): Promise<Checkpoint> {
  if (await isMachineFile(file)) {
    const { saved, ...about } = await readMachineFile(file);
    return { ...about, machine: saved };
  }
  const hasOthers = (await file.slice(0, MAGIC_WITH_OTHERS.length).text()) === MAGIC_WITH_OTHERS;
  const framed = await readFramed(
    file,
    hasOthers ? MAGIC_WITH_OTHERS : MAGIC,
    'a checkpoint',
    (json) => header.parse(json),
    ({ machine = 0, cluster = 0, others }) =>
      (others?.machines ?? []).reduce((sum, { size }) => sum + size, machine + cluster),
  );
  const { machine, cluster, others, ...about } = framed.header;
  const takeMachine = async (size: number) => (await readMachineFile(framed.take(size))).saved;
  return {
    ...about,
    ...(machine === undefined ? {} : { machine: await takeMachine(machine) }),
    ...(cluster === undefined ? {} : { cluster: framed.take(cluster) }),
    ...(others === undefined ? {} : { others: await takeOthers(others, takeMachine) }),
  };
}

async function takeOthers(
  { lesson, machines }: NonNullable<z.infer<typeof header>['others']>,
  takeMachine: (size: number) => Promise<KeptMachine['saved']>,
): Promise<LessonMachines> {
  const taken: [name: string, KeptMachine][] = [];
  for (const { name, startMs, size } of machines)
    taken.push([name, { saved: await takeMachine(size), startMs }]);
  return { lesson, machines: Object.fromEntries(taken) };
}
