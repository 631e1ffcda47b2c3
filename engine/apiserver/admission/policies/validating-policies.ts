import { messageOf } from '../../../base/message-of.ts';
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import { StatusError } from '../../../objects/status/status-error.ts';
import type { StatusReason } from '../../../objects/status/status.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';
import { refuseRequest } from '../attributes.ts';
import { isExempt } from '../matching/exempt.ts';
import {
  boundPolicies,
  type BoundPolicy,
  compiledOnce,
  Invocations,
  type PolicyOptions,
} from './invocations.ts';
import { CompiledPolicy, type Objection, type Verdict } from './compiled-policy.ts';

type Policy = ValidatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding;

/** A reason to refuse the request. */
interface Denial {
  readonly policy: Policy;
  /** absent when the policy itself cannot be used */
  readonly binding: Binding | undefined;
  readonly message: string;
  readonly reason: string;
}

/** A validation that a binding wants to see in the audit log. */
interface Failure {
  readonly message: string;
  readonly policy: string;
  readonly binding: string;
  readonly expressionIndex: number;
  readonly validationActions: readonly string[];
}

/** Codes of the reasons a policy may give. */
const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};
const INVALID = 422;

const FAILURES = 'validation.policy.admission.k8s.io/validation_failure';
/** Failures in an audit event (apiserver `maxValidationFailures`). */
const MOST_FAILURES = 50;
/** Bytes of a note (apiserver `maxAuditAnnotationValueLength`). */
const LONGEST_NOTE = 10 * 1024;

/** What all bindings had to say about a request. */
class Findings {
  readonly denials: Denial[] = [];
  readonly failures: Failure[] = [];

  constructor(readonly attributes: Attributes) {}

  /** Something is wrong with policy or binding; that refuses unless failures are ignored. */
  misconfigured(policy: Policy, binding: Binding | undefined, error: unknown): void {
    if (policy.spec.failurePolicy === 'Ignore') return;
    const why = messageOf(error);
    const message = `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${why}`;
    this.denials.push({ policy, binding, message, reason: '' });
  }

  add(policy: Policy, binding: Binding, { objections, failedNotes }: Verdict): void {
    for (const objection of objections) this.#object(policy, binding, objection);
    for (const message of failedNotes) this.denials.push({ policy, binding, message, reason: '' });
  }

  #object(policy: Policy, binding: Binding, { index, message, reason }: Objection): void {
    const actions = binding.spec.validationActions ?? [];
    const names = { policy: nameOf(policy), binding: nameOf(binding) };
    for (const action of actions) {
      if (action === 'Deny') this.denials.push({ policy, binding, message, reason });
      else if (action === 'Warn')
        this.attributes.warn(
          `Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${message}`,
        );
      else
        this.failures.push({
          message,
          ...names,
          expressionIndex: index,
          validationActions: actions,
        });
    }
  }
}

const nameOf = ({ metadata }: Policy | Binding): string => metadata.name ?? '';

/** Asks the cluster's policies, which are written in CEL, whether what is about to be stored may be. */
export class ValidatingPolicies implements AdmissionPlugin {
  readonly name = 'ValidatingAdmissionPolicy';
  readonly #policies: () => readonly BoundPolicy<Policy, Binding>[];
  readonly #invocations: Invocations;
  readonly #compiled = compiledOnce((policy: Policy) => new CompiledPolicy(policy));

  constructor(options: PolicyOptions<Policy, Binding>) {
    this.#policies = boundPolicies(options.policies, options.bindings);
    this.#invocations = new Invocations(options);
  }

  async validate(attributes: Attributes): Promise<void> {
    const policies = this.#policies();
    if (policies.length === 0 || isExempt(attributes)) return;
    const findings = new Findings(attributes);
    for (const bound of policies) await this.#ask(bound, findings);
    const failures = findings.failures.slice(0, MOST_FAILURES);
    if (failures.length > 0) attributes.annotate(FAILURES, JSON.stringify(failures));
    const [denial] = findings.denials;
    if (denial !== undefined) throw refusal(attributes, denial);
  }

  async #ask(bound: BoundPolicy<Policy, Binding>, findings: Findings): Promise<void> {
    const { attributes } = findings;
    const { policy } = bound;
    const notes = new Map<string, Set<string>>();
    const misconfigured = (binding: Binding | undefined, error: unknown): void =>
      findings.misconfigured(policy, binding, error);
    for await (const invocation of this.#invocations.of(attributes, bound, misconfigured)) {
      const input = await this.#invocations.input(attributes, invocation);
      const verdict = await this.#compiled(policy).judge(input);
      findings.add(policy, invocation.binding, verdict);
      for (const { key, value } of verdict.notes)
        notes.set(key, (notes.get(key) ?? new Set()).add(value.slice(0, LONGEST_NOTE)));
    }
    for (const [key, values] of notes)
      attributes.annotate(`${nameOf(policy)}/${key}`, [...values].join(', '));
  }
}

function refusal(attributes: Attributes, denial: Denial): StatusError {
  const { policy, binding, message, reason } = denial;
  const by =
    binding === undefined
      ? `ValidatingAdmissionPolicy '${nameOf(policy)}'`
      : `ValidatingAdmissionPolicy '${nameOf(policy)}' with binding '${nameOf(binding)}'`;
  const whole = `${by} denied request: ${message}`;
  const { status } = refuseRequest(attributes, whole);
  return new StatusError({
    ...status,
    reason: (reason === '' ? 'Invalid' : reason) as StatusReason,
    details: { ...status.details, causes: [{ message: whole }] },
    code: CODES[reason] ?? INVALID,
  });
}
