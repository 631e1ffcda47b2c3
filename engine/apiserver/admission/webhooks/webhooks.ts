import { messageOf } from '../../../base/message-of.ts';
import type { Random } from '../../../base/random.ts';
import { CelError } from '../../../objects/cel/cel-error.ts';
import {
  badRequest,
  forbidden,
  internalError,
  StatusError,
} from '../../../objects/status/status-error.ts';
import type { Status } from '../../../objects/status/status.ts';
import { goQuote } from '../../../objects/go-text.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import { newUid } from '../../registry/create.ts';
import type { Lister } from '../../registry/lister.ts';
import { qualifiedResource } from '../../registry/served-resource.ts';
import type { Attributes } from '../admission.ts';
import { expressionInput } from '../expressions/expression-input.ts';
import type { Match, RequestMatcher } from '../matching/request-matcher.ts';
import { shownObjects } from '../matching/shown-objects.ts';
import { type Configuration, hooksOf, type Hook } from './hook.ts';
import { readAnswer, readReview, reviewOf, reviewVersion, type ReviewAnswer } from './review.ts';
import type { WebhookCaller } from '../../outbound/webhook-caller.ts';

export interface WebhookOptions {
  readonly configurations: Lister<Configuration>;
  readonly matcher: RequestMatcher;
  readonly caller: WebhookCaller;
  readonly authorizer: Authorizer;
  readonly random: Random;
  /** told of webhooks that fail where that does not refuse the request */
  readonly onError: (error: unknown) => void;
}

/** A webhook could not be asked or did not answer properly: its failure policy decides what follows. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure';
  constructor(hook: string, why: string, options?: ErrorOptions) {
    super(`failed calling webhook ${goQuote(hook)}: ${why}`, options);
  }
}

const DEFAULT_TIMEOUT = 10;

/** What mutating and validating webhooks have in common. */
export class Webhooks {
  readonly hooks: () => readonly Hook[];
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.hooks = hooksOf(options.configurations);
  }

  /** As what a webhook is to be shown a request; undefined when it is not to be asked. */
  async match(attributes: Attributes, { webhook, conditions }: Hook): Promise<Match | undefined> {
    const { matcher, authorizer } = this.#options;
    const match = await matcher.match(attributes, { ...webhook, rules: webhook.rules ?? [] });
    if (match === undefined || conditions.isEmpty) return match;
    const objects = await shownObjects(attributes, match);
    const input = expressionInput(attributes, match, objects, undefined, authorizer);
    const hold = await conditions.hold(input);
    if (!(hold instanceof CelError)) return hold ? match : undefined;
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw forbidden(qualifiedResource(attributes.resource), attributes.name, hold.message);
  }

  /**
   * Asks a webhook; its warnings and notes reach client and audit log. Errors: the `StatusError` by
   * which it refuses, or a `WebhookFailure`.
   */
  async call(
    attributes: Attributes,
    { webhook }: Hook,
    match: Match,
    mutating: boolean,
  ): Promise<ReviewAnswer> {
    const { name, clientConfig, sideEffects, timeoutSeconds = DEFAULT_TIMEOUT } = webhook;
    if (attributes.dryRun && !['None', 'NoneOnDryRun'].includes(sideEffects))
      throw badRequest(`admission webhook ${goQuote(name)} does not support dry run`);
    const failed = async <T>(what: string, act: () => Promise<T> | T): Promise<T> => {
      try {
        return await act();
      } catch (error) {
        const why = messageOf(error);
        throw new WebhookFailure(name, `${what}: ${why}`, { cause: error });
      }
    };
    const uid = newUid(this.#options.random);
    const version = await failed('could not create admission objects', () =>
      reviewVersion(webhook.admissionReviewVersions),
    );
    const objects = await shownObjects(attributes, match);
    const request = reviewOf(version, uid, attributes, match, objects);
    const review = await failed('failed to call webhook', async () =>
      readReview(await this.#options.caller.post(clientConfig, timeoutSeconds, request), version),
    );
    const answer = await failed('received invalid webhook response', () =>
      readAnswer(review, uid, version, mutating),
    );
    for (const [key, value] of Object.entries(answer.auditAnnotations))
      attributes.annotate(`${name}/${key}`, value);
    for (const warning of answer.warnings) attributes.warn(warning);
    if (!answer.allowed) throw denied(name, answer.result);
    return answer;
  }

  /** Goes on after a failure that shall be ignored; throws everything else. @param key of the audit event's note */
  overlook(error: unknown, attributes: Attributes, { webhook }: Hook, key: string): void {
    if (!(error instanceof WebhookFailure)) throw error;
    if (webhook.failurePolicy !== 'Ignore') throw internalError(error);
    attributes.annotate(key, webhook.name);
    this.#options.onError(error);
  }
}

/** A webhook's refusal, with the status it gives as far as that can be one. */
function denied(name: string, result: Partial<Status> = {}): StatusError {
  const by = `admission webhook ${goQuote(name)} denied the request`;
  const { metadata = {}, message = '', reason = '', details, code = 0, status = '' } = result;
  const why = message === '' ? reason : message;
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: status === '' || status === 'Success' ? 'Failure' : status,
    message: why === '' ? `${by} without explanation` : `${by}: ${why}`,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code: code < 400 ? 400 : code,
  });
}
