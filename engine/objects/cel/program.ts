import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { goRegExp } from '../go-regexp.ts';
import { CelError } from './cel-error.ts';
import { describeCompileError } from './compile-error.ts';
import { toCelError } from './evaluation-error.ts';
import { callName, isReplaced, ours } from './library/define.ts';
import { markPlace, placeOf } from './source-place.ts';

/** An expression ready to run. */
export interface CelProgram {
  /** type of its result: `bool`, `string`, `list<string>`, … */
  readonly type: string;
  /** names it mentions, of variables and others */
  readonly names: ReadonlySet<string>;
  /**
   * Throws a `CelError` (`EVALUATE`) with upstream's message. A promise when something it asks
   * answers later; the error comes later then, too.
   */
  evaluate(bindings: Readonly<Record<string, unknown>>): unknown;
}

/** Throws a `CelError` (`COMPILE`) with what upstream's compiler says. */
export function compileCel(environment: Environment, expression: string): CelProgram {
  try {
    const parsed = environment.parse(expression);
    visit(parsed.ast, useOurs);
    const checked = parsed.check();
    if (!checked.valid) throw checked.error ?? new Error('not valid, but no error either');
    const names = new Set<string>();
    visit(parsed.ast, (node) => {
      if (node.op === 'id') names.add(node.args);
      checkLiterals(node);
      checkPresence(environment, node);
    });
    return {
      type: checked.type ?? 'dyn',
      names,
      evaluate(bindings) {
        try {
          const value: unknown = parsed(bindings);
          if (!(value instanceof Promise)) return value;
          return value.catch((error: unknown) => {
            throw toCelError(error);
          });
        } catch (error) {
          throw toCelError(error);
        }
      },
    };
  } catch (error) {
    if (error instanceof CelError && error.message.startsWith('ERROR: ')) throw error;
    const functions = new Set(environment.getDefinitions().functions.map(({ name }) => name));
    throw new CelError('COMPILE', describeCompileError(expression, error, functions), {
      cause: error,
    });
  }
}

function visit(node: ASTNode, see: (node: ASTNode) => void): void {
  see(node);
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null && 'op' in value) {
      visit(value as ASTNode, see);
    }
  };
  walk(node.args);
}

/** Leads calls of functions that are replaced to ours. */
function useOurs(node: ASTNode): void {
  if (node.op !== 'call' && node.op !== 'rcall') return;
  const [name] = node.args;
  if (isReplaced(name)) Reflect.set(node.args, 0, ours(name));
}

/**
 * A field that `has()` asks for must be one of its object's type; the library does not look. What
 * variables of comprehensions are of is not known here.
 */
function checkPresence(environment: Environment, node: ASTNode): void {
  if (node.op !== 'call' || node.args[0] !== 'has') return;
  const [argument] = node.args[1];
  if (argument === undefined) return;
  const { input } = node;
  const { error } = environment.check(input.slice(argument.range.start, argument.range.end));
  if (error?.code !== 'no_such_key') return;
  const field = error.summary.slice(error.summary.indexOf(': ') + 2);
  throw new CelError('COMPILE', markPlace(input, placeOf(node), `undefined field '${field}'`));
}

/** Texts that are written out where a pattern, duration or time is wanted must be one. */
function checkLiterals(node: ASTNode): void {
  if (node.op !== 'call' && node.op !== 'rcall') return;
  const [name] = node.args;
  const [argument] = node.op === 'call' ? node.args[1] : node.args[2];
  if (argument?.op !== 'value' || typeof argument.args !== 'string') return;
  if (literals[callName(name)]?.(argument.args) === false) {
    const { input } = node;
    const message = `invalid ${callName(name)} argument`;
    throw new CelError('COMPILE', markPlace(input, placeOf(argument), message));
  }
}

const literals: Readonly<Record<string, (text: string) => boolean>> = {
  matches: (text) => goRegExp(text) !== undefined,
  duration: (text) =>
    /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text),
  timestamp: (text) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text),
};
