import type {
  FlowSchema,
  GroupSubject,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  QueuingConfiguration,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from '../generated/flowcontrol-v1.generated.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import { kindValidation } from './kind-validation.ts';
import { objectMeta, subdomainName } from './metadata.ts';
import type { Place } from './place.ts';
import { each, type Rule, Seen } from './rules.ts';

/** Which requests go together, and how many of them at once. */

const all = '*';
const verbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];

/** A list in which `*` stands alone. Returns whether its items are to be looked at. */
function wildcards(
  list: readonly string[] | undefined,
  at: Place,
  others: string,
  missing: string,
): boolean {
  if (!list?.length) {
    at.required(missing);
    return false;
  }
  if (!list.includes(all)) return true;
  if (list.length > 1) at.invalid(list, `if '*' is present, must not specify other ${others}`);
  return false;
}

function verbList(list: readonly string[] | undefined, at: Place): void {
  if (!wildcards(list, at, 'verbs', 'verbs must contain at least one value')) return;
  if (!list?.every((verb) => verbs.includes(verb))) at.notSupported(list, verbs);
}

const resourceRule: Rule<ResourcePolicyRule> = (rule, at) => {
  const missing = (what: string) => `resource rules must supply at least one ${what}`;
  verbList(rule.verbs, at.child('verbs'));
  wildcards(rule.apiGroups, at.child('apiGroups'), 'api groups', missing('api group'));
  wildcards(rule.resources, at.child('resources'), 'resources', missing('resource'));
  const { namespaces, clusterScope } = rule;
  if (!namespaces?.length && clusterScope) return;
  const place = at.child('namespaces');
  const noNamespace =
    'resource rules that are not cluster scoped must supply at least one namespace';
  if (!wildcards(namespaces, place, 'namespaces', noNamespace)) return;
  each<string>((name, item) => {
    for (const message of isDns1123Label(name)) {
      item.invalid(name, `each member of this list must be '*' or a DNS-1123 label; ${message}`);
    }
  })(namespaces, place);
};

function urlProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const isSuffix = path.endsWith('/*') && path.indexOf(all) === path.length - 1;
  return path.includes(all) && !isSuffix ? 'wildcard can only do suffix matching' : undefined;
}

const nonResourceRule: Rule<NonResourcePolicyRule> = (rule, at) => {
  verbList(rule.verbs, at.child('verbs'));
  const urls = rule.nonResourceURLs;
  const place = at.child('nonResourceURLs');
  const missing = 'nonResourceURLs must contain at least one value';
  if (!wildcards(urls, place, 'non-resource URLs', missing)) return;
  each<string>((url, item) => {
    const problem = urlProblem(url);
    if (problem !== undefined) item.invalid(url, problem);
  })(urls, place);
};

const members = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

const subject: Rule<Subject> = (given, at) => {
  const { kind } = given;
  if (kind !== 'ServiceAccount' && kind !== 'User' && kind !== 'Group') {
    return at.child('kind').notSupported(kind ?? '', ['Group', 'ServiceAccount', 'User']);
  }
  const own = members[kind];
  const member = given[own];
  if (member) named(member, at.child(own));
  else at.child(own).required(`${own} is required when subject kind is '${kind}'`);
  for (const [name, field] of Object.entries(members)) {
    if (name === kind || !given[field]) continue;
    at.child(field).forbidden(`${field} is forbidden when subject kind is not '${name}'`);
  }
};

function named(member: ServiceAccountSubject | GroupSubject, at: Place): void {
  const { name } = member;
  if (!name) at.child('name').required();
  if (!('namespace' in member)) return;
  if (name && name !== all) at.child('name').invalidEach(name, isDns1123Subdomain(name));
  const { namespace } = member;
  const place = at.child('namespace');
  if (namespace) place.invalidEach(namespace, isDns1123Label(namespace));
  else place.required('must specify namespace for service account');
}

const policyRules: Rule<PolicyRulesWithSubjects> = (rules, at) => {
  const { subjects, resourceRules, nonResourceRules } = rules;
  const subjectsAt = at.child('subjects');
  if (!subjects?.length) subjectsAt.required('subjects must contain at least one value');
  each(subject)(subjects, subjectsAt);
  if (!resourceRules?.length && !nonResourceRules?.length) {
    at.required('at least one of resourceRules and nonResourceRules has to be non-empty');
  }
  each(resourceRule)(resourceRules, at.child('resourceRules'));
  each(nonResourceRule)(nonResourceRules, at.child('nonResourceRules'));
};

const lastPrecedence = 10_000;

function flowSchemaAsIs({ metadata, spec, status }: FlowSchema, root: Place): void {
  objectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: subdomainName });
  const at = root.child('spec');
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method } = spec ?? {};
  const place = at.child('matchingPrecedence');
  if (precedence <= 0) place.invalid(precedence, 'must be a positive value');
  if (precedence > lastPrecedence) {
    place.invalid(precedence, `must not be greater than ${lastPrecedence}`);
  }
  if (precedence === 1 && metadata.name !== 'exempt') {
    place.invalid(precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  }
  if (method && !['ByNamespace', 'ByUser'].includes(method.type)) {
    at.child('distinguisherMethod')
      .child('type')
      .notSupported({ Type: method.type }, ['ByNamespace', 'ByUser']);
  }
  const level = spec?.priorityLevelConfiguration?.name;
  const levelAt = at.child('priorityLevelConfiguration').child('name');
  if (level) levelAt.invalidEach(level, isDns1123Subdomain(level));
  else levelAt.required('must reference a priority level');
  each(policyRules)(spec?.rules, at.child('rules'));
  conditionTypes(status?.conditions, root.child('status').child('conditions'));
}

function conditionTypes(list: readonly { readonly type?: string }[] | undefined, at: Place): void {
  const types = new Seen();
  each<{ readonly type?: string }>(({ type = '' }, place) => {
    if (!types.add(type)) place.child('type').duplicate(type);
    if (type === '') place.child('type').required();
  })(list, at);
}

const statusConditions = (
  { status }: FlowSchema | PriorityLevelConfiguration,
  _old: unknown,
  at: Place,
) => conditionTypes(status?.conditions, at.child('status').child('conditions'));

export const flowSchema = kindValidation<FlowSchema>({
  create: flowSchemaAsIs,
  update: (object, _old, at) => flowSchemaAsIs(object, at),
  subresources: { status: statusConditions },
});

const notNegative = 'must be a non-negative integer';

function shares(value: number | undefined, lendable: number | undefined, at: Place): void {
  if ((value ?? 0) < 0) at.child('nominalConcurrencyShares').invalid(value, notNegative);
  if (lendable !== undefined && (lendable < 0 || lendable > 100)) {
    at.child('lendablePercent').invalid(lendable, 'must be between 0 and 100, inclusive');
  }
}

function limited(given: LimitedPriorityLevelConfiguration, at: Place): void {
  shares(given.nominalConcurrencyShares, given.lendablePercent, at);
  limitResponse(given.limitResponse ?? { type: '' }, at.child('limitResponse'));
  const borrowing = given.borrowingLimitPercent;
  if (borrowing !== undefined && borrowing < 0) {
    at.child('borrowingLimitPercent').invalid(borrowing, `if specified, ${notNegative}`);
  }
}

function limitResponse({ type, queuing }: LimitResponse, at: Place): void {
  if (type === 'Queue') {
    if (queuing) queues(queuing, at.child('queuing'));
  } else if (type && type !== 'Reject') at.child('type').notSupported(type, ['Queue', 'Reject']);
}

/** Rules for limits of any type. */
function declaredLimits({ limitResponse: response }: LimitedPriorityLevelConfiguration, at: Place) {
  const { type, queuing } = response ?? {};
  const place = at.child('limitResponse');
  if (!type) place.child('type').required();
  if (type !== 'Queue' && queuing) place.child('queuing').forbidden('');
  if (type === 'Queue' && !queuing) place.child('queuing').required();
}

const mostQueues = 10_000_000;
const hashBits = 60;

function queues(given: QueuingConfiguration, at: Place): void {
  const { queueLengthLimit = 0, queues: decks = 0, handSize = 0 } = given;
  const notPositive = 'must be positive';
  if (queueLengthLimit <= 0) at.child('queueLengthLimit').invalid(queueLengthLimit, notPositive);
  if (decks <= 0) at.child('queues').invalid(decks, notPositive);
  else if (decks > mostQueues) {
    at.child('queues').invalid(decks, `must not be greater than ${mostQueues}`);
  }
  const place = at.child('handSize');
  const entropy = Math.ceil(Math.log2(decks) * handSize);
  if (handSize <= 0) place.invalid(handSize, notPositive);
  else if (handSize > decks) {
    place.invalid(handSize, `should not be greater than queues (${decks})`);
  } else if (entropy > hashBits) {
    place.invalid(
      handSize,
      `required entropy bits of deckSize ${decks} and handSize ${handSize} should not be greater than ${hashBits}`,
    );
  }
}

const shareAnnotation = 'flowcontrol.k8s.io/preserve-zero-concurrency-shares';

function levelAsIs({ metadata, spec, status }: PriorityLevelConfiguration, root: Place): void {
  objectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: subdomainName });
  if (metadata.annotations?.[shareAnnotation] !== undefined) {
    root
      .child('metadata')
      .child('annotations')
      .forbidden(`annotation '${shareAnnotation}' is forbidden`);
  }
  const at = root.child('spec');
  const { type, limited: limits, exempt } = spec ?? {};
  if ((metadata.name === 'exempt') !== (type === 'Exempt')) {
    at.child('type').invalid(type, "must be 'Exempt' if and only if `name` is 'exempt'");
  }
  if (type === '') at.child('type').required();
  else if (type === 'Exempt') {
    shares(exempt?.nominalConcurrencyShares, exempt?.lendablePercent, at.child('exempt'));
  } else if (type !== 'Limited') at.child('type').notSupported(type, ['Exempt', 'Limited']);
  else if (limits) limited(limits, at.child('limited'));
  else at.child('limited').required();
  if (exempt && type !== 'Exempt') at.child('exempt').declared.forbidden('');
  if (limits && type !== 'Limited') at.child('limited').declared.forbidden('');
  if (limits) declaredLimits(limits, at.child('limited').declared);
  conditionTypes(status?.conditions, root.child('status').child('conditions'));
}

export const priorityLevelConfiguration = kindValidation<PriorityLevelConfiguration>({
  create: levelAsIs,
  update: (object, _old, at) => levelAsIs(object, at),
  subresources: { status: statusConditions },
});
