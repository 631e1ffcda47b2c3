/** What editing needs, made once for each machine's name: Monaco and the machine's documents. */
import { Documents } from './documents.ts';
import { startDockerfileService } from './dockerfile-service.ts';
import { makeBuffer } from './monaco.ts';
import { openFilesOf } from './open-files.ts';

export interface EditorTools {
  readonly documents: Documents;
}

const byMachine = new Map<string, EditorTools>();

export function toolsOf(machine: string): EditorTools {
  const known = byMachine.get(machine);
  if (known) return known;
  if (byMachine.size === 0) startDockerfileService();
  const made = { documents: new Documents(machine, openFilesOf(machine), makeBuffer) };
  byMachine.set(machine, made);
  return made;
}
