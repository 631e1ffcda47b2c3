import type { Environment } from '@marcbachmann/cel-js';

/** Adds a function or method that answers at once; most signatures are of one overload. */
export function define<Arguments extends readonly never[]>(
  environment: Environment,
  signature: string,
  run: (...values: Arguments) => unknown,
): void {
  environment.registerFunction(signature, run, { async: false });
}

/**
 * Functions the library has and Kubernetes has differently: counting UTF-16 units instead of
 * characters, JavaScript's regular expressions, other messages. A program's calls of them are led to
 * ours, which have names of their own because an overload cannot be replaced.
 */
const replacedNames = [
  'indexOf',
  'lastIndexOf',
  'lowerAscii',
  'matches',
  'substring',
  'upperAscii',
] as const;

const mark = 'ours_';

/** The name our own function of that name is defined under. */
export function ours(name: (typeof replacedNames)[number]): string {
  return mark + name;
}

export function isReplaced(name: string): name is (typeof replacedNames)[number] {
  return (replacedNames as readonly string[]).includes(name);
}

/** The name a program calls a function by. */
export function callName(name: string): string {
  return name.startsWith(mark) ? name.slice(mark.length) : name;
}
