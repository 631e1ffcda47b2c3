import type { AdmissionPlugin, Attributes } from '../admission.ts';
import { isExempt } from '../matching/exempt.ts';
import type { Hook } from './hook.ts';
import type { Match } from '../matching/request-matcher.ts';
import { Webhooks, type WebhookOptions } from './webhooks.ts';

const FAILED_OPEN = 'failed-open.validating.webhook.admission.k8s.io/';

/** Asks webhooks whether what is about to be stored may be: all at once. */
export class ValidatingWebhooks implements AdmissionPlugin {
  readonly name = 'ValidatingAdmissionWebhook';
  readonly #webhooks: Webhooks;

  constructor(options: WebhookOptions) {
    this.#webhooks = new Webhooks(options);
  }

  async validate(attributes: Attributes): Promise<void> {
    const hooks = this.#webhooks.hooks();
    if (hooks.length === 0 || isExempt(attributes)) return;
    const relevant: { readonly hook: Hook; readonly match: Match }[] = [];
    for (const hook of hooks) {
      const match = await this.#webhooks.match(attributes, hook);
      if (match !== undefined) relevant.push({ hook, match });
    }
    const answers = await Promise.allSettled(
      relevant.map(async ({ hook, match }, index) => {
        try {
          await this.#webhooks.call(attributes, hook, match, false);
        } catch (error) {
          const key = `${FAILED_OPEN}round_0_index_${index}`;
          this.#webhooks.overlook(error, attributes, hook, key);
        }
      }),
    );
    const refused = answers.find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') throw refused.reason;
  }
}
