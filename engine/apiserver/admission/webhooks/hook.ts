import { expressionEnvironment } from '../../../objects/admission/environment.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import { derived, type Lister } from '../../registry/lister.ts';
import { MatchConditions } from '../expressions/match-conditions.ts';

/** A webhook as its configuration has it. */
export interface Hook {
  /** tells it from all others */
  readonly id: string;
  readonly configuration: string;
  readonly webhook: ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;
  readonly conditions: MatchConditions;
}

/** All webhooks of one sort: by configuration, in the configuration's order. */
/** Webhooks of either sort, as the cluster's objects have them. */
export type Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

export function hooksOf(configurations: Lister<Configuration>): () => readonly Hook[] {
  const environment = () => expressionEnvironment({ hasParams: false, hasAuthorizer: true });
  return derived([configurations], () => {
    const sorted = configurations
      .list()
      .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    return sorted.flatMap(({ metadata: { name = '' }, webhooks = [] }) =>
      webhooks.map((webhook, index): Hook => ({
        id: `${name}/${webhook.name}/${index}`,
        configuration: name,
        webhook,
        conditions: new MatchConditions(environment(), webhook.matchConditions),
      })),
    );
  });
}
