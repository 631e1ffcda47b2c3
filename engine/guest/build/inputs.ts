import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** What a part was made from: a label such as `package bash` or `file kernel.config` → version or SHA-256. */
export type Inputs = Readonly<Record<string, string>>;

export function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

export function digestOfFile(file: string): string {
  return digestOf(readFileSync(file));
}

/** One digest over names and contents of all files below a folder. */
export function digestOfFolder(
  folder: string,
  included: (file: string) => boolean = () => true,
): string {
  const hash = createHash('sha256');
  for (const file of filesBelow(folder)) {
    const name = path.relative(folder, file);
    if (included(name)) hash.update(name).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

export function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder).toSorted()) {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) yield* filesBelow(file);
    else yield file;
  }
}

/** Sentences about how two sets of inputs differ. */
export function differences(recorded: Inputs, now: Inputs): string[] {
  return [...new Set([...Object.keys(recorded), ...Object.keys(now)])]
    .toSorted()
    .filter((label) => recorded[label] !== now[label])
    .map((label) => `${label}: was ${recorded[label] ?? 'absent'}, is ${now[label] ?? 'absent'}`);
}
