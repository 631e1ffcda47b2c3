import type { Environment } from '@marcbachmann/cel-js';
import { variablesValue } from '../../../objects/admission/environment.ts';
import { CelError } from '../../../objects/cel/cel-error.ts';
import type { Variable } from '../../../objects/generated/admissionregistration-v1.generated.ts';
import { goQuote } from '../../../objects/go-text.ts';
import type { Bindings } from '../expressions/expression-input.ts';
import { Expression } from '../expressions/expression.ts';

type Types = ReadonlyMap<string, string> | undefined;

/** A policy's variables: each sees those before it. */
export class PolicyVariables {
  readonly #variables: readonly { readonly name: string; readonly expression: Expression }[];
  readonly #types = new Map<string, string>();
  readonly #environmentWith: (variables: Types) => Environment;

  /** @param environmentWith makes what expressions see, given the types of the variables */
  constructor(variables: readonly Variable[], environmentWith: (variables: Types) => Environment) {
    this.#environmentWith = environmentWith;
    this.#variables = variables.map(({ name, expression: text }) => {
      const expression = new Expression(this.#make(variables.length > 0), text);
      this.#types.set(name, expression.type);
      return { name, expression };
    });
  }

  /** What the policy's other expressions see. */
  environment(environmentWith = this.#environmentWith): Environment {
    return environmentWith(this.#variables.length === 0 ? undefined : this.#types);
  }

  #make(has: boolean): Environment {
    return this.#environmentWith(has ? this.#types : undefined);
  }

  /** The value of `variables`. One that fails is a problem only for who uses it. */
  async compute(input: Bindings): Promise<unknown> {
    const computed = new Map<string, () => unknown>();
    for (const { name, expression } of this.#variables) {
      const bindings = { ...input, variables: variablesValue(computed) };
      let get: () => unknown;
      try {
        const value = await expression.run(bindings);
        get = () => value;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        const what = error.code === 'COMPILE' ? 'compile' : 'evaluate';
        const message = `composited variable ${goQuote(name)} fails to ${what}: ${error.message}`;
        const failure = new CelError('EVALUATE', message, { cause: error });
        get = () => {
          throw failure;
        };
      }
      computed.set(name, get);
    }
    return variablesValue(computed);
  }
}
