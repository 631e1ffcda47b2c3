/** Absolute POSIX paths of a machine. */

/** Where learners work; what the tree shows. */
export const workDirectory = '/root/work';

/** `name` may be a path of its own: absolute, or with `..`. */
export function joinPath(directory: string, name: string): string {
  const parts: string[] = [];
  for (const part of (name.startsWith('/') ? name : `${directory}/${name}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function parentPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `directory` or lies below it. */
export function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Path as learners read it: without the work directory before it. */
export function shortPath(path: string): string {
  return path.startsWith(`${workDirectory}/`) ? path.slice(workDirectory.length + 1) : path;
}

/** Why a file may not have this name among `siblings`; undefined when it may. */
export function nameProblem(name: string, siblings: ReadonlySet<string>): string | undefined {
  if (name === '') return 'Type a name.';
  if (name === '.' || name === '..')
    return 'This name stands for a directory that is there already.';
  if (name.includes('/')) return 'A name cannot contain a slash.';
  if (name.includes('\0')) return 'A name cannot contain this character.';
  if (new TextEncoder().encode(name).length > 255) return 'Linux allows at most 255 bytes.';
  if (siblings.has(name)) return 'Something of this name is there already.';
  return undefined;
}
