import type { Environment } from '@marcbachmann/cel-js';
import { CelError } from '../../../objects/cel/cel-error.ts';
import { type CelProgram, compileCel } from '../../../objects/cel/program.ts';
import type { Bindings } from './expression-input.ts';

/** An expression that was compiled, or why it could not be. */
export class Expression {
  readonly text: string;
  readonly #program: CelProgram | CelError;

  constructor(environment: Environment, text: string, compile = compileCel) {
    this.text = text;
    try {
      this.#program = compile(environment, text);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      this.#program = error;
    }
  }

  /** `dyn` for what could not be compiled */
  get type(): string {
    return this.#program instanceof CelError ? 'dyn' : this.#program.type;
  }

  /** Throws a `CelError` whose message says what failed, without the expression. */
  run(bindings: Bindings): unknown {
    if (this.#program instanceof CelError) throw this.#program;
    return this.#program.evaluate(bindings);
  }

  /** The value, or a `CelError` in upstream's words. */
  async evaluate(bindings: Bindings): Promise<unknown> {
    try {
      return await this.run(bindings);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const message =
        error.code === 'COMPILE'
          ? `compilation error: ${error.message}`
          : `expression '${this.text}' resulted in error: ${error.message}`;
      return new CelError(error.code, message, { cause: error });
    }
  }
}
