import type { LabMachine } from '../engine/api/lab.ts';
import { machineOf, type Place } from './place.ts';

/** Files by their path below a folder. */
export type TextFiles = Readonly<Record<string, string>>;

/** Where a lesson's files are in its machine. */
export function lessonFolder(id: string): string {
  return `/root/work/${id}`;
}

const encoder = new TextEncoder();

/** Makes a place ready for a lesson: its files are in its machine, its objects in its cluster. */
export async function prepareLesson(
  place: Place,
  lesson: { readonly id: string; readonly files: TextFiles; readonly seed: TextFiles },
): Promise<void> {
  const machine = machineOf(place);
  await putFiles(machine, lesson.id, lesson.files);
  if (Object.keys(lesson.seed).length > 0) await applySeed(machine, lesson.id, lesson.seed);
}

/** What is there already, the learner has written: it stays. */
async function putFiles(
  machine: Pick<LabMachine, 'files'>,
  id: string,
  files: TextFiles,
): Promise<void> {
  const folder = lessonFolder(id);
  await machine.files.makeDirectory(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    const exists = await machine.files.stat(path).then(
      () => true,
      () => false,
    );
    if (!exists) await machine.files.write(path, encoder.encode(content));
  }
}

/** With kubectl, as anybody would. Learners do not see these manifests among their files. */
async function applySeed(machine: LabMachine, id: string, seed: TextFiles): Promise<void> {
  const folder = `/var/lib/drydock/lessons/${id}`;
  for (const [name, content] of Object.entries(seed))
    await machine.files.write(`${folder}/${name}`, encoder.encode(content));
  const command = `kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f ${folder}`;
  const { exit, stderr } = await machine.run(['bash', '-lc', command]);
  if (exit.code !== 0) throw new Error(`The lesson’s objects could not be made: ${stderr}`);
}
