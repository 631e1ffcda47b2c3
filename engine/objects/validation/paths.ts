import type { Place } from './place.ts';

/** A path may not step back (`..`). */
export function noBacksteps(path: string, at: Place): void {
  if (path.split('/').includes('..')) at.invalid(path, "must not contain '..'");
}

/** A path below some directory. */
export function relativePath(path = '', at: Place): void {
  if (path.startsWith('/')) at.invalid(path, 'must be a relative path');
  noBacksteps(path, at);
}

/** As `relativePath`, outside the names the kubelet uses for its own links (`..data`). */
export function unreservedPath(path = '', at: Place): void {
  relativePath(path, at);
  if (path.startsWith('..') && !path.startsWith('../'))
    at.invalid(path, "must not start with '..'");
}
