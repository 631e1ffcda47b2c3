import { Optional, type Environment, type TypeDeclaration } from '@marcbachmann/cel-js';
import { areEqual } from '../values.ts';
import { define } from './define.ts';
import { defineMacro, variableName, type Macro, type MacroCall } from './macro.ts';

/** What the library leaves out of optional values: `optMap`, `optFlatMap`, `ofNonZeroValue`. */
export function addOptionals(environment: Environment): void {
  defineMacro(environment, 'optional.optMap(ast, ast): dyn', (call) => expand(call, false));
  defineMacro(environment, 'optional.optFlatMap(ast, ast): dyn', (call) => expand(call, true));
  define(environment, 'OptionalNamespace.ofNonZeroValue(A): optional<A>', (_optional, value) =>
    isZero(value) ? Optional.none() : Optional.of(value),
  );
  environment.registerOperator('optional<A> == optional<A>', areEqual);
}

function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === false || value === 0 || value === 0n) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map || value instanceof Set) return value.size === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function expand({ receiver, args: [variable, expression] }: MacroCall, isFlat: boolean): Macro {
  const name = variableName(variable);
  let type: TypeDeclaration | undefined;
  return {
    typeCheck(checker, _self, scope) {
      type = checker.check(receiver, scope).valueType ?? checker.getType('dyn');
      if (expression === undefined) return checker.getType('dyn');
      const result = checker.check(expression, scope.forkWithVariable(name, type));
      return isFlat ? result : checker.getType(`optional<${result.name}>`);
    },
    evaluate(runner, _self, scope) {
      const optional = runner.run(receiver, scope) as Optional;
      if (!optional.hasValue() || type === undefined || expression === undefined) {
        return Optional.none();
      }
      const bound = scope.forkWithVariable(name, type).setIterValue(optional.value(), runner);
      const result = runner.run(expression, bound);
      return isFlat ? result : Optional.of(result);
    },
  };
}
