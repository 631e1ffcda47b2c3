/**
 * File name patterns. `matchPath` has the rules of Go's `filepath.Match` (COPY and ADD: `*` stays
 * within one name). `ignoreMatcher` has those of .dockerignore: `**`, `!` exceptions, and a
 * pattern that names a directory covers everything in it.
 */
import { BuildError } from './build-error.ts';

export function hasWildcards(path: string): boolean {
  return /^(?:[^\\*?[]|\\.)*[*?[]/s.test(path);
}

/** Whether `path`, without a leading slash, matches. A malformed pattern matches nothing. */
export function matchPath(pattern: string, path: string): boolean {
  const expression = compile(pattern, false);
  return expression !== undefined && expression.test(path);
}

/** True for paths that the file's text excludes. Throws BuildError INVALID for a malformed pattern. */
export function ignoreMatcher(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const exception = line.startsWith('!');
      const pattern = cleanPath(exception ? line.slice(1).trim() : line);
      const expression = compile(pattern, true);
      if (expression === undefined)
        throw new BuildError('INVALID', 'error checking context: syntax error in pattern');
      return { exception, expression };
    });
  return (path) => {
    const parts = cleanPath(path).split('/');
    const chain = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    let ignored = false;
    for (const { exception, expression } of rules) {
      if (chain.some((part) => expression.test(part))) ignored = !exception;
    }
    return ignored;
  };
}

/** `./a//b/../c/` is `a/c`. */
export function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else names.push(name);
  }
  return names.join('/');
}

function compile(pattern: string, doubleStar: boolean): RegExp | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '*') {
      if (!doubleStar || pattern.charAt(at + 1) !== '*') {
        source += '[^/]*';
        continue;
      }
      at++;
      if (pattern.charAt(at + 1) === '/') {
        at++;
        source += '(?:.*/)?';
      } else {
        source += '.*';
      }
    } else if (char === '?') {
      source += '[^/]';
    } else if (char === '[') {
      const [whole, negated, members] =
        /^\[(\^?)((?:\\.|[^\]\\])+)\]/s.exec(pattern.slice(at)) ?? [];
      if (whole === undefined || members === undefined) return undefined;
      source += `(?!/)[${negated}${members.replaceAll('[', '\\[')}]`;
      at += whole.length - 1;
    } else if (char === '\\') {
      if (++at === pattern.length) return undefined;
      source += quote(pattern.charAt(at));
    } else {
      source += quote(char);
    }
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return undefined;
  }
}

function quote(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
