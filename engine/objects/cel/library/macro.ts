import type { ASTNode, Environment, TypeDeclaration } from '@marcbachmann/cel-js';
import { CelError } from '../cel-error.ts';

/** What the library tells a macro about the call it stands for. */
export interface MacroCall {
  readonly receiver: ASTNode;
  readonly args: readonly ASTNode[];
}

export interface Scope {
  forkWithVariable(name: string, type: TypeDeclaration): BoundScope;
}

export interface BoundScope extends Scope {
  setIterValue(value: unknown, runner: Runner): this;
}

export interface Checker {
  check(node: ASTNode, scope: Scope): TypeDeclaration;
  getType(name: string): TypeDeclaration;
}

export interface Runner {
  run(node: ASTNode, scope: Scope): unknown;
}

/** What a macro does with its call when it is checked, and when it is run. */
export interface Macro {
  typeCheck(checker: Checker, self: unknown, scope: Scope): TypeDeclaration;
  evaluate(runner: Runner, self: unknown, scope: Scope): unknown;
}

/** `signature` has `ast` where the macro takes an expression unevaluated. */
export function defineMacro(
  environment: Environment,
  signature: string,
  expand: (call: MacroCall) => Macro,
): void {
  environment.registerFunction(signature, expand);
}

/** The name of a variable a macro binds. */
export function variableName(node: ASTNode | undefined): string {
  if (node?.op === 'id') return node.args;
  throw new CelError('COMPILE', 'argument must be a simple name');
}
