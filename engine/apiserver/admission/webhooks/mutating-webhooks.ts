import { goQuote } from '../../../objects/go-text.ts';
import { jsonEqual } from '../../../objects/json-value.ts';
import { applyJsonPatch, type JsonPatchOperation } from '../../../objects/patch/json-patch.ts';
import { PatchError } from '../../../objects/patch/patch-error.ts';
import { internalError, StatusError } from '../../../objects/status/status-error.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import type { AdmissionPlugin, Attributes, Runs } from '../admission.ts';
import type { Match } from '../matching/request-matcher.ts';
import { isExempt } from '../matching/exempt.ts';
import { changeShown, decodeProblem } from '../matching/shown-objects.ts';
import { Reinvocation } from '../reinvocation.ts';
import type { Hook } from './hook.ts';
import type { ReviewAnswer } from './review.ts';
import { WebhookFailure, Webhooks, type WebhookOptions } from './webhooks.ts';

const MUTATED = 'mutation.webhook.admission.k8s.io/';
const PATCHED = 'patch.webhook.admission.k8s.io/';
const FAILED_OPEN = 'failed-open.mutation.webhook.admission.k8s.io/';

/**
 * Lets webhooks change what is about to be stored, one after the other. Those that want it are asked
 * once more when others have changed the object after them.
 */
export class MutatingWebhooks implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionWebhook';
  readonly #webhooks: Webhooks;

  constructor(options: WebhookOptions) {
    this.#webhooks = new Webhooks(options);
  }

  async mutate(attributes: Attributes, runs: Runs): Promise<ApiObject | undefined> {
    const hooks = this.#webhooks.hooks();
    if (hooks.length === 0 || isExempt(attributes)) return undefined;
    const memory = runs.memory(this, () => new Reinvocation());
    if (runs.isSecond) memory.begin(attributes.object);
    let { object } = attributes;
    for (const [index, hook] of hooks.entries()) {
      const about = { ...attributes, object };
      const match = await this.#webhooks.match(about, hook);
      if (match === undefined || (runs.isSecond && !memory.isWanted(hook.id))) continue;
      const place = `round_${runs.isSecond ? 1 : 0}_index_${index}`;
      const next = await this.#ask(about, hook, match, place);
      if (next !== object) {
        memory.changed();
        runs.askAgain();
      }
      object = next;
      if (hook.webhook.reinvocationPolicy === 'IfNeeded') memory.isWilling(hook.id);
    }
    memory.end(object);
    return object;
  }

  /** The object as a webhook leaves it: the same one when it changes nothing. */
  async #ask(
    attributes: Attributes,
    hook: Hook,
    match: Match,
    place: string,
  ): Promise<ApiObject | undefined> {
    const { configuration, webhook } = hook;
    const note = { configuration, webhook: webhook.name };
    let mutated = false;
    try {
      const answer = await this.#webhooks.call(attributes, hook, match, true);
      const operations = operationsOf(webhook.name, answer);
      if (operations.length === 0) return attributes.object;
      const object = await patched(attributes, webhook.name, match, operations);
      mutated = !jsonEqual(object, attributes.object);
      attributes.annotate(
        `${PATCHED}${place}`,
        JSON.stringify({ ...note, patch: operations, patchType: 'JSONPatch' }),
      );
      return mutated ? object : attributes.object;
    } catch (error) {
      this.#webhooks.overlook(error, attributes, hook, `${FAILED_OPEN}${place}`);
      return attributes.object;
    } finally {
      attributes.annotate(`${MUTATED}${place}`, JSON.stringify({ ...note, mutated }));
    }
  }
}

/** Errors: `WebhookFailure` for what is no patch. */
function operationsOf(
  name: string,
  { patch, patchType }: ReviewAnswer,
): readonly JsonPatchOperation[] {
  if (patch === '') return [];
  let operations: unknown;
  try {
    operations = JSON.parse(patch);
  } catch (error) {
    throw new WebhookFailure(
      name,
      `received undecodable patch in webhook response: ${(error as Error).message}`,
    );
  }
  if (!Array.isArray(operations)) {
    const type = typeof operations === 'boolean' ? 'bool' : typeof operations;
    throw new WebhookFailure(
      name,
      `received undecodable patch in webhook response: json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`,
    );
  }
  if (operations.length > 0 && patchType !== 'JSONPatch')
    throw new WebhookFailure(name, `unsupported patch type ${goQuote(patchType)}`);
  return operations as readonly JsonPatchOperation[];
}

/** The object with a patch that was made for its equal in the version the webhook saw. */
async function patched(
  attributes: Attributes,
  name: string,
  match: Match,
  operations: readonly JsonPatchOperation[],
): Promise<ApiObject> {
  if (attributes.object === undefined)
    throw internalError(
      new Error(
        `admission webhook ${goQuote(name)} attempted to modify the object, which is not supported for this operation`,
      ),
    );
  try {
    return await changeShown(attributes, match, (shown) => applyJsonPatch(shown, operations));
  } catch (error) {
    if (error instanceof PatchError) throw internalError(error);
    if (!(error instanceof StatusError)) throw error;
    throw internalError(new Error(decodeProblem(error)));
  }
}
