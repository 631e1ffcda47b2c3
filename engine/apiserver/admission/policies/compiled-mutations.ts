import { mutationEnvironment } from '../../../objects/admission/environment.ts';
import { CelError } from '../../../objects/cel/cel-error.ts';
import {
  jsonPatchLibrary,
  ObjectValue,
  PatchValue,
  toJson,
} from '../../../objects/cel/library/objects.ts';
import { compileMutation } from '../../../objects/cel/object-literals.ts';
import type {
  MutatingAdmissionPolicy,
  Mutation,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import { isJsonObject, type JsonObject } from '../../../objects/json-value.ts';
import { applyJsonPatch, type JsonPatchOperation } from '../../../objects/patch/json-patch.ts';
import { PatchError } from '../../../objects/patch/patch-error.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import type { Bindings } from '../expressions/expression-input.ts';
import { Expression } from '../expressions/expression.ts';
import { MatchConditions } from '../expressions/match-conditions.ts';
import { PolicyVariables } from './variables.ts';

/** What is to be done to an object: a partial one merged in, or operations of a patch. */
export type Change =
  | { readonly type: 'merge'; readonly partial: JsonObject }
  | { readonly type: 'patch'; readonly operations: readonly JsonPatchOperation[] };

interface CompiledMutation {
  readonly type: Mutation['patchType'];
  readonly expression: Expression;
}

/** The expressions of a MutatingAdmissionPolicy, ready to run. */
export class CompiledMutations {
  readonly conditions: MatchConditions;
  readonly mutations: readonly CompiledMutation[];
  readonly #variables: PolicyVariables;

  constructor({ spec }: MutatingAdmissionPolicy) {
    const hasParams = spec.paramKind !== undefined;
    this.#variables = new PolicyVariables(spec.variables ?? [], (variables) =>
      mutationEnvironment({ hasParams, hasAuthorizer: true, variables }),
    );
    const environment = () => this.#variables.environment();
    this.conditions = new MatchConditions(environment(), spec.matchConditions);
    this.mutations = (spec.mutations ?? []).map((mutation) => {
      const { patchType, applyConfiguration, jsonPatch } = mutation;
      const text = applyConfiguration?.expression ?? jsonPatch?.expression ?? '';
      return {
        type: patchType,
        expression: new Expression(environment(), text, compileMutation),
      };
    });
  }

  /** Whether the policy's conditions hold for a request. */
  async hold(input: Bindings): Promise<boolean | CelError> {
    return this.conditions.isEmpty ? true : this.conditions.hold(await this.#bindings(input));
  }

  /** What a mutation wants done. Errors: an `Error` in upstream's words. */
  async change({ type, expression }: CompiledMutation, input: Bindings): Promise<Change> {
    const value = await expression.evaluate(await this.#bindings(input));
    if (value instanceof CelError) throw value;
    return type === 'JSONPatch' ? patchOf(value) : mergeOf(value);
  }

  async #bindings(input: Bindings): Promise<Bindings> {
    const bindings = { ...input, jsonpatch: jsonPatchLibrary };
    return { ...bindings, variables: await this.#variables.compute(bindings) };
  }
}

function mergeOf(value: unknown): Change {
  const partial = value instanceof ObjectValue ? toJson(value, 'Object') : undefined;
  if (!isJsonObject(partial))
    throw new Error('unsupported return type from ApplyConfiguration expression');
  return { type: 'merge', partial };
}

function patchOf(value: unknown): Change {
  if (!Array.isArray(value))
    throw new Error('type mismatch: JSONPatchType.expression should evaluate to array');
  const operations = value.map((item: unknown): JsonPatchOperation => {
    if (!(item instanceof PatchValue))
      throw new Error(
        'type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch',
      );
    const fields = [...item.fields].map(([name, field]) => [name, toJson(field, undefined)]);
    return Object.fromEntries(fields) as JsonPatchOperation;
  });
  return { type: 'patch', operations };
}

/** The object after a patch; as it was when a test of the patch fails. Errors: an `Error` in upstream's words. */
export function patchObject(object: ApiObject, operations: readonly JsonPatchOperation[]): unknown {
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (/testing (?:path|value).*failed|test failed/i.test(error.message)) return object;
    throw new Error(`JSON Patch: ${error.message}`, { cause: error });
  }
}
