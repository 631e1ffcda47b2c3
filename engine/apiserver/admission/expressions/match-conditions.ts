import type { Environment } from '@marcbachmann/cel-js';
import { CelError } from '../../../objects/cel/cel-error.ts';
import type { MatchCondition } from '../../../objects/generated/admissionregistration-v1.generated.ts';
import type { Bindings } from './expression-input.ts';
import { Expression } from './expression.ts';

/** Several messages as Go prints an aggregate of errors. */
function aggregate(messages: readonly string[]): string {
  const [first = '', ...others] = new Set(messages);
  return others.length === 0 ? first : `[${[first, ...others].join(', ')}]`;
}

/** Conditions that a request must meet beyond the rules, each in CEL. */
export class MatchConditions {
  readonly #conditions: readonly Expression[];

  constructor(environment: Environment, conditions: readonly MatchCondition[] = []) {
    this.#conditions = conditions.map(({ expression }) => new Expression(environment, expression));
  }

  get isEmpty(): boolean {
    return this.#conditions.length === 0;
  }

  /** Whether all hold. One that is false decides, whatever the others do; else a `CelError` if some failed. */
  async hold(bindings: Bindings): Promise<boolean | CelError> {
    const errors: string[] = [];
    for (const condition of this.#conditions) {
      const value = await condition.evaluate(bindings);
      if (value === false) return false;
      if (value instanceof CelError) errors.push(value.message);
    }
    return errors.length === 0 ? true : new CelError('EVALUATE', aggregate(errors));
  }
}
