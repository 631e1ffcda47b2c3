import { messageOf } from '../../../base/message-of.ts';
import { CelError } from '../../../objects/cel/cel-error.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import { jsonEqual } from '../../../objects/json-value.ts';
import { internalError, StatusError } from '../../../objects/status/status-error.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import type { AdmissionPlugin, Attributes, Runs } from '../admission.ts';
import { refuseRequest } from '../attributes.ts';
import { isExempt } from '../matching/exempt.ts';
import type { Match } from '../matching/request-matcher.ts';
import { changeShown, decodeProblem } from '../matching/shown-objects.ts';
import { Reinvocation } from '../reinvocation.ts';
import { type Change, CompiledMutations, patchObject } from './compiled-mutations.ts';
import {
  boundPolicies,
  compiledOnce,
  type BoundPolicy,
  type Invocation,
  Invocations,
  type PolicyOptions,
} from './invocations.ts';

type Policy = MutatingAdmissionPolicy;
type Binding = MutatingAdmissionPolicyBinding;

/** A reason to refuse the request. */
interface Denial {
  readonly message: string;
  readonly reason: 'Invalid' | 'Forbidden';
}

const nameOf = ({ metadata }: { readonly metadata: ApiObject['metadata'] }): string =>
  metadata.name ?? '';

/** Policies of the cluster, written in CEL, change what is about to be stored. */
export class MutatingPolicies implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionPolicy';
  readonly #policies: () => readonly BoundPolicy<Policy, Binding>[];
  readonly #invocations: Invocations;
  readonly #compiled = compiledOnce((policy: Policy) => new CompiledMutations(policy));

  constructor(options: PolicyOptions<Policy, Binding>) {
    this.#policies = boundPolicies(options.policies, options.bindings);
    this.#invocations = new Invocations(options);
  }

  async mutate(attributes: Attributes, runs: Runs): Promise<ApiObject | undefined> {
    const policies = this.#policies();
    if (policies.length === 0 || attributes.object === undefined || isExempt(attributes))
      return undefined;
    const memory = runs.memory(this, () => new Reinvocation());
    if (runs.isSecond) memory.begin(attributes.object);
    const denials: Denial[] = [];
    let object: ApiObject = attributes.object;
    for (const bound of policies) {
      const { policy } = bound;
      const failed = (
        binding: Binding | undefined,
        why: string,
        reason: Denial['reason'],
      ): void => {
        if (policy.spec.failurePolicy === 'Ignore') return;
        denials.push({ message: denial(policy, binding, why), reason });
      };
      const misconfigured = (binding: Binding | undefined, error: unknown): void =>
        failed(
          binding,
          `failed to configure ${binding ? 'binding' : 'policy'}: ${messageOf(error)}`,
          'Forbidden',
        );
      for await (const invocation of this.#invocations.of(
        { ...attributes, object },
        bound,
        misconfigured,
      )) {
        const { binding, param } = invocation;
        const id = [
          nameOf(policy),
          nameOf(binding),
          param?.metadata.namespace,
          param?.metadata.name,
        ].join('/');
        if (runs.isSecond && !memory.isWanted(id)) continue;
        const next = await this.#run(policy, invocation, { ...attributes, object }, (why) =>
          failed(binding, why, 'Invalid'),
        );
        if (next === undefined) continue;
        if (!jsonEqual(next, object)) {
          memory.changed();
          runs.askAgain();
          object = next;
        }
        if (policy.spec.reinvocationPolicy === 'IfNeeded') memory.isWilling(id);
      }
    }
    memory.end(object);
    if (denials.length > 0) throw refusal(attributes, denials);
    return object;
  }

  /** The object as the policy leaves it; undefined when its conditions do not hold. */
  async #run(
    policy: Policy,
    invocation: Invocation<Binding>,
    attributes: Attributes,
    failed: (why: string) => void,
  ): Promise<ApiObject | undefined> {
    const compiled = this.#compiled(policy);
    const hold = await compiled.hold(await this.#invocations.input(attributes, invocation));
    if (hold instanceof CelError) failed(hold.message);
    if (hold !== true) return undefined;
    let { object } = attributes;
    for (const mutation of compiled.mutations) {
      const about = { ...attributes, object };
      try {
        const input = await this.#invocations.input(about, invocation);
        const change = await compiled.change(mutation, input);
        object = await changed(about, invocation.match, change);
      } catch (error) {
        if (error instanceof StatusError) throw internalError(new Error(decodeProblem(error)));
        failed(messageOf(error));
      }
    }
    return object;
  }
}

async function changed(attributes: Attributes, match: Match, change: Change): Promise<ApiObject> {
  if (change.type === 'patch')
    return changeShown(attributes, match, (shown) => patchObject(shown, change.operations));
  const { body, subresource } = attributes;
  const manager = await (body ?? match.resource).kind.fieldManager(subresource);
  return changeShown(attributes, match, (shown) => {
    const { apiVersion, kind } = shown;
    try {
      return manager.merge(shown, { ...change.partial, apiVersion, kind });
    } catch (error) {
      throw new Error(`error applying patch: ${messageOf(error)}`, { cause: error });
    }
  });
}

function denial(policy: Policy, binding: Binding | undefined, why: string): string {
  return binding === undefined
    ? `policy ${JSON.stringify(nameOf(policy))} denied request: ${why}`
    : `policy '${nameOf(policy)}' with binding '${nameOf(binding)}' denied request: ${why}`;
}

function refusal(attributes: Attributes, denials: readonly Denial[]): StatusError {
  const { message = '', reason = 'Invalid' } = denials[0] ?? {};
  const { status } = refuseRequest(attributes, message);
  const causes = denials.map((each) => ({ message: each.message }));
  return new StatusError({
    ...status,
    message,
    reason,
    details: { ...status.details, causes },
  });
}
