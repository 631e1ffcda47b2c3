import type {
  MatchCondition,
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../generated/admissionregistration-v1.generated.ts';
import { isDns1035Label, isDns1123Subdomain, isQualifiedName } from '../../names.ts';
import { webhookService, webhookUrl } from '../client-config.ts';
import { kindValidation } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import { anyObjectMeta, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { each, optionalEnum, type Rule, Seen } from '../rules.ts';
import { Expressions } from './expressions.ts';
import { failurePolicies, matchPolicies, notStatic, ruleWithOperations } from './rules.ts';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

/** At least `a.b.c`; one problem is told. */
const fullName: Rule<string | undefined> = (name, at) => {
  if (!name) return at.required();
  const messages = isDns1123Subdomain(name);
  if (messages.length > 0) at.invalid(name, messages.join(','));
  else if (name.split('.').length < 3) {
    at.invalid(name, 'should be a domain with at least three segments separated by dots');
  }
};

const sideEffects = ['None', 'NoneOnDryRun'];

const webhook: Rule<Webhook> = (hook, at) => {
  fullName(hook.name, at.child('name'));
  each(ruleWithOperations)(hook.rules, at.child('rules'));
  optionalEnum(...failurePolicies)(hook.failurePolicy, at.child('failurePolicy'));
  optionalEnum(...matchPolicies)(hook.matchPolicy, at.child('matchPolicy'));
  const effects = hook.sideEffects as string | null | undefined;
  const effectsAt = at.child('sideEffects');
  if (!effects) effectsAt.required(`must specify one of ${sideEffects.join(', ')}`);
  else if (!sideEffects.includes(effects)) effectsAt.notSupported(effects, sideEffects);
  const { timeoutSeconds: timeout } = hook;
  if (timeout !== undefined && (timeout > 30 || timeout < 1)) {
    at.child('timeoutSeconds').invalid(
      timeout,
      'the timeout value must be between 1 and 30 seconds',
    );
  }
  labelSelector(hook.namespaceSelector, at.child('namespaceSelector'));
  labelSelector(hook.objectSelector, at.child('objectSelector'));
  optionalEnum('IfNeeded', 'Never')(hook.reinvocationPolicy, at.child('reinvocationPolicy'));
  clientConfig(hook.clientConfig, at.child('clientConfig'));
  matchConditions(hook.matchConditions, at.child('matchConditions'));
  reviewVersions(hook.admissionReviewVersions, at.child('admissionReviewVersions'));
};

function clientConfig({ url, service }: Webhook['clientConfig'], at: Place): void {
  if ((url === undefined) === (service === undefined)) {
    at.required('exactly one of url or service is required');
  } else if (url !== undefined) webhookUrl(url, at.child('url'));
  else if (service) webhookService(service, at.child('service'), true);
}

const accepted = ['v1', 'v1beta1'];

function reviewVersions(versions: readonly string[] | undefined, at: Place): void {
  if (!versions?.length) return at.required(`must specify one of ${accepted.join(', ')}`);
  const seen = new Seen();
  each<string>((version, place) => {
    if (seen.add(version)) place.invalidEach(version, isDns1035Label(version));
    else place.invalid(version, 'duplicate version');
  })(versions, at);
  if (!versions.some((version) => accepted.includes(version))) {
    at.invalid(versions, `must include at least one of ${accepted.join(', ')}`);
  }
}

const mostConditions = 64;

/** Conditions of webhooks and policies; those of policies may see their parameters. */
export function matchConditions(
  list: readonly MatchCondition[] | undefined,
  at: Place,
  hasParams = false,
): void {
  if (list && list.length > mostConditions) at.tooMany(list.length, mostConditions);
  const names = new Seen();
  const expressions = new Expressions(hasParams);
  each<MatchCondition>(({ name, expression }, place) => {
    const text = expression?.trim() ?? '';
    const expressionAt = place.child('expression');
    if (text === '') expressionAt.required();
    else expressions.check(text, expressionAt, ['bool']);
    const nameAt = place.child('name');
    if (!name) return nameAt.required();
    nameAt.invalidEach(name, isQualifiedName(name));
    if (!names.add(name)) nameAt.duplicate(name);
  })(list, at);
}

type Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

function configuration({ metadata, webhooks }: Configuration, at: Place): void {
  anyObjectMeta(metadata, at.child('metadata'), { namespaced: false, nameRule: subdomainName });
  const names = new Seen();
  each<Webhook>((hook, place) => {
    webhook(hook, place);
    if (hook.name && !names.add(hook.name)) place.child('name').duplicate(hook.name);
  })(webhooks, at.child('webhooks'));
}

export const webhookConfiguration = kindValidation<Configuration>({
  create: (object, at) => {
    configuration(object, at);
    notStatic(object.metadata.name, at);
  },
  update: (object, _old, at) => configuration(object, at),
});
