import type { LabMachine } from '../engine/api/lab.ts';

/** Where a lesson's files are in the machine. */
export function lessonFolder(id: string): string {
  return `/root/work/${id}`;
}

/** Puts what a lesson starts with into the machine. What is there already, the learner has written: it stays. */
export async function putLessonFiles(
  machine: Pick<LabMachine, 'files'>,
  id: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = lessonFolder(id);
  await machine.files.makeDirectory(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    const exists = await machine.files.stat(path).then(
      () => true,
      () => false,
    );
    if (!exists) await machine.files.write(path, new TextEncoder().encode(content));
  }
}
