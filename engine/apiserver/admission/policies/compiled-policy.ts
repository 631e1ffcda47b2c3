import { expressionEnvironment } from '../../../objects/admission/environment.ts';
import { CelError } from '../../../objects/cel/cel-error.ts';
import type {
  ValidatingAdmissionPolicy,
  Validation,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import type { Bindings } from '../expressions/expression-input.ts';
import { Expression } from '../expressions/expression.ts';
import { MatchConditions } from '../expressions/match-conditions.ts';
import { PolicyVariables } from './variables.ts';

/** What one validation of a policy came to, if the request does not pass it. */
export interface Objection {
  /** of the validation; 0 for what is wrong with the policy as a whole */
  readonly index: number;
  readonly message: string;
  /** of the refusal; the policy's failure policy decides about those that failed */
  readonly reason: string;
}

export interface Verdict {
  readonly objections: readonly Objection[];
  /** notes for the audit event */
  readonly notes: readonly { readonly key: string; readonly value: string }[];
  /** why notes could not be made */
  readonly failedNotes: readonly string[];
}

const NOTHING: Verdict = { objections: [], notes: [], failedNotes: [] };

/** Bytes of a computed message (apiserver `MaxEvaluatedMessageExpressionSizeBytes`). */
const LONGEST_MESSAGE = 5 * 1024;

interface CompiledValidation {
  readonly validation: Validation;
  readonly expression: Expression;
  readonly message: Expression | undefined;
}

/** The expressions of a ValidatingAdmissionPolicy, ready to run. */
export class CompiledPolicy {
  readonly #ignoresFailures: boolean;
  readonly #conditions: MatchConditions;
  readonly #variables: PolicyVariables;
  readonly #validations: readonly CompiledValidation[];
  readonly #annotations: readonly { readonly key: string; readonly expression: Expression }[];

  constructor({ spec }: ValidatingAdmissionPolicy) {
    const hasParams = spec.paramKind !== undefined;
    const environmentWith =
      (hasAuthorizer: boolean) => (variables: ReadonlyMap<string, string> | undefined) =>
        expressionEnvironment({ hasParams, hasAuthorizer, variables });
    this.#ignoresFailures = spec.failurePolicy === 'Ignore';
    this.#variables = new PolicyVariables(spec.variables ?? [], environmentWith(true));
    const environment = (hasAuthorizer: boolean) =>
      this.#variables.environment(environmentWith(hasAuthorizer));
    this.#conditions = new MatchConditions(environment(true), spec.matchConditions);
    this.#validations = (spec.validations ?? []).map((validation) => ({
      validation,
      expression: new Expression(environment(true), validation.expression),
      message: (validation.messageExpression ?? '').trim()
        ? new Expression(environment(false), validation.messageExpression ?? '')
        : undefined,
    }));
    this.#annotations = (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      expression: new Expression(environment(false), valueExpression),
    }));
  }

  /** What the policy has to say about a request. @param input with `params` */
  async judge(input: Bindings): Promise<Verdict> {
    const bindings = { ...input, variables: await this.#variables.compute(input) };
    const hold = await this.#conditions.hold(bindings);
    if (hold instanceof CelError)
      return this.#ignoresFailures
        ? NOTHING
        : { ...NOTHING, objections: [{ index: 0, message: hold.message, reason: '' }] };
    if (!hold) return NOTHING;
    const objections: Objection[] = [];
    for (const [index, compiled] of this.#validations.entries()) {
      const value = await compiled.expression.evaluate(bindings);
      if (value instanceof CelError) {
        if (!this.#ignoresFailures) objections.push({ index, message: value.message, reason: '' });
      } else if (value !== true) {
        const message = await messageOf(compiled, bindings);
        objections.push({ index, message, reason: compiled.validation.reason ?? '' });
      }
    }
    return { objections, ...(await this.#annotate(bindings)) };
  }

  async #annotate(bindings: Bindings): Promise<Pick<Verdict, 'notes' | 'failedNotes'>> {
    const notes: { key: string; value: string }[] = [];
    const failedNotes: string[] = [];
    for (const { key, expression } of this.#annotations) {
      const value = await expression.evaluate(bindings);
      if (value instanceof CelError) {
        if (!this.#ignoresFailures) failedNotes.push(value.message);
      } else if (typeof value === 'string' && value.trim() !== '')
        notes.push({ key, value: value.trim() });
    }
    return { notes, failedNotes };
  }
}

/** The computed message if there is one, else the fixed one, else the expression. */
async function messageOf(
  { validation, message }: CompiledValidation,
  bindings: Bindings,
): Promise<string> {
  const computed = await message?.evaluate(bindings);
  if (typeof computed === 'string') {
    const text = computed.trim();
    const fits = new TextEncoder().encode(text).length <= LONGEST_MESSAGE;
    if (text !== '' && fits && !text.includes('\n')) return text;
  }
  const fixed = (validation.message ?? '').trim();
  return fixed === '' ? `failed expression: ${validation.expression.trim()}` : fixed;
}
