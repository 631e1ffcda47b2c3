import { BuildError } from './build-error.ts';
import type { SourceTree } from './build-context.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** `user[:group]`, names or numbers, looked up in the image's /etc/passwd and /etc/group (COPY reference, `--chown`). */
export async function parseOwner(text: string, image: SourceTree): Promise<Owner> {
  const parts = text.split(':');
  if (parts.length > 2) throw failure(`invalid chown string format: ${text}`);
  const [user = '', group = user] = parts;
  const uid = await idOf(image, '/etc/passwd', user);
  if (uid === undefined) throw failure(`can't find uid for user ${user}: no such user: ${user}`);
  const gid = await idOf(image, '/etc/group', group);
  if (gid === undefined)
    throw failure(`can't find gid for group ${group}: no such group: ${group}`);
  return { uid, gid };
}

/** Both files have the name first and the number third. */
async function idOf(image: SourceTree, file: string, name: string): Promise<number | undefined> {
  if (/^\d+$/.test(name)) return Number(name);
  if (!image.lookup(file)) return undefined;
  const lines = new TextDecoder().decode(await image.readFile(file)).split('\n');
  const found = lines.map((line) => line.split(':')).find(([first]) => first === name);
  return found?.[2] === undefined ? undefined : Number(found[2]);
}

function failure(message: string): BuildError {
  return new BuildError(
    'FAILED',
    `unable to convert uid/gid chown string to host mapping: ${message}`,
  );
}
