import {
  type ExpressionScope,
  expressionEnvironment,
  mutationEnvironment,
} from '../../admission/environment.ts';
import { CelError } from '../../cel/cel-error.ts';
import { compileMutation } from '../../cel/object-literals.ts';
import { compileCel, type CelProgram } from '../../cel/program.ts';
import type { Place } from '../place.ts';

type Scope = Omit<ExpressionScope, 'variables'>;

/** Compiles the expressions of one policy, or the conditions of one webhook, and reports what is wrong with them. */
export class Expressions {
  #variables: Map<string, string> | undefined;

  /** `hasVariables`: the policy has variables, which are told by `variable` before what uses them. */
  constructor(
    private readonly hasParams: boolean,
    hasVariables = false,
  ) {
    if (hasVariables) this.#variables = new Map();
  }

  /** An expression whose value is of one of the types `wanted`, under their names in Go. */
  check(
    expression: string,
    at: Place,
    wanted: readonly string[],
    { hasParams = this.hasParams, hasAuthorizer = true }: Partial<Scope> = {},
    printed = expression,
  ): void {
    const scope = { hasParams, hasAuthorizer, variables: this.#variables };
    const type = typeOf(expression, scope, at, printed);
    if (type === undefined || wanted.includes(type)) return;
    const types = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(' ')}]`;
    at.invalid(printed, `must evaluate to ${types} but got ${type}`);
  }

  /** An expression that says what is to be changed; it may make objects. */
  checkMutation(expression: string, at: Place, wanted: string): void {
    const scope = { hasParams: this.hasParams, hasAuthorizer: true, variables: this.#variables };
    const type = reported(at, expression, () =>
      compileMutation(mutationEnvironment(scope), expression),
    )?.type;
    const given = type === undefined ? wanted : goType(type);
    if (given !== wanted) at.invalid(expression, `must evaluate to ${wanted} but got ${given}`);
  }

  /** A variable, which those after it may use. */
  variable(name: string, expression: string, at: Place): void {
    const scope = { hasParams: this.hasParams, hasAuthorizer: true, variables: this.#variables };
    const type = compiled(expression, scope, at, expression)?.type;
    this.#variables?.set(name, type ?? 'dyn');
  }
}

function compiled(expression: string, scope: ExpressionScope, at: Place, printed: string) {
  return reported(at, printed, () => compileCel(expressionEnvironment(scope), expression));
}

/** The program, unless it cannot be compiled, which is reported. */
function reported(at: Place, printed: string, compile: () => CelProgram): CelProgram | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    at.invalid(printed, `compilation failed: ${error.message}`);
    return undefined;
  }
}

function typeOf(
  expression: string,
  scope: ExpressionScope,
  at: Place,
  printed: string,
): string | undefined {
  const type = compiled(expression, scope, at, printed)?.type;
  return type === undefined ? undefined : goType(type);
}

const goNames: Readonly<Record<string, string>> = {
  list: 'list(dyn)',
  map: 'map(dyn, dyn)',
  null: 'null_type',
  // What is still open: of an empty list, an empty map.
  T: 'dyn',
  K: 'dyn',
  V: 'dyn',
};

/** The name cel-go has for a type. */
function goType(type: string): string {
  const [, generic, parameters = ''] = /^(\w+)<(.*)>$/.exec(type) ?? [];
  if (generic === undefined) return goNames[type] ?? type;
  const inner = generic === 'map' ? parameters.split(/, (.*)/, 2) : [parameters];
  return `${generic === 'optional' ? 'optional_type' : generic}(${inner.map(goType).join(', ')})`;
}
