import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../generated/admissionregistration-v1.generated.ts';
import { isPathSegmentName } from '../../names.ts';
import { labelSelector } from '../label-selector.ts';
import type { Place } from '../place.ts';
import { each, optionalEnum, type Rule, Seen } from '../rules.ts';

/** Which requests webhooks and policies see. */

const all = '*';

/** A list that is not empty, whose items are not, and in which `*` stands alone. */
function wildcardList(
  list: readonly string[] | undefined,
  at: Place,
  others: string,
  allowsEmpty = false,
): void {
  if (!list?.length) return at.required();
  if (list.length > 1 && list.includes(all)) {
    at.invalid(list, `if '*' is present, must not specify other ${others}`);
  }
  if (allowsEmpty) return;
  each<string>((item, place) => {
    if (item === '') place.required();
  })(list, at);
}

function resources(list: readonly string[] | undefined, at: Place): void {
  if (!list?.length) return at.required();
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  each<string>((entry, place) => {
    if (entry === '') return place.required();
    const slash = entry.indexOf('/');
    if (slash < 0) return;
    const [resource, subresource] = [entry.slice(0, slash), entry.slice(slash + 1)];
    if (wholeResources.has(resource)) {
      place.invalid(entry, `if '${resource}/*' is present, must not specify ${entry}`);
    }
    if (wholeSubresources.has(subresource)) {
      place.invalid(entry, `if '*/${subresource}' is present, must not specify ${entry}`);
    }
    if (subresource === all) wholeResources.add(resource);
    if (resource === all) wholeSubresources.add(subresource);
  })(list, at);
  if (list.length > 1 && list.includes('*/*')) {
    at.invalid(list, "if '*/*' is present, must not specify other resources");
  }
  // upstream looks at the last one only
  const last = list.findLast((entry) => entry !== '' && !entry.includes('/'));
  if (list.includes(all) && last !== undefined && last !== all) {
    at.invalid(list, "if '*' is present, must not specify other resources without subresources");
  }
}

const operations = [all, 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

export const ruleWithOperations: Rule<RuleWithOperations> = (rule, at) => {
  const list = rule.operations ?? [];
  const place = at.child('operations');
  if (list.length === 0) place.required();
  if (list.length > 1 && list.includes(all)) {
    place.invalid(list, "if '*' is present, must not specify other operations");
  }
  each<string>((operation, item) => {
    if (!operations.includes(operation)) item.notSupported(operation, operations);
  })(list, place);
  wildcardList(rule.apiGroups, at.child('apiGroups'), 'API groups', true);
  wildcardList(rule.apiVersions, at.child('apiVersions'), 'API versions');
  resources(rule.resources, at.child('resources'));
  optionalEnum('*', 'Cluster', 'Namespaced')(rule.scope, at.child('scope'));
};

const namedRule: Rule<NamedRuleWithOperations> = (rule, at) => {
  const names = new Seen();
  each<string>((name, place) => {
    place.invalidEach(name, isPathSegmentName(name));
    if (!names.add(name)) place.duplicate(name);
  })(rule.resourceNames, at.child('resourceNames'));
  ruleWithOperations(rule, at);
};

export const failurePolicies = ['Fail', 'Ignore'] as const;
export const matchPolicies = ['Equivalent', 'Exact'] as const;

export function matchResources(given: MatchResources, at: Place): void {
  const policyAt = at.child('matchPolicy');
  if (given.matchPolicy === undefined) policyAt.required();
  else optionalEnum(...matchPolicies)(given.matchPolicy, policyAt);
  for (const field of ['namespaceSelector', 'objectSelector'] as const) {
    if (given[field]) labelSelector(given[field], at.child(field));
    else at.child(field).required();
  }
  each(namedRule)(given.resourceRules, at.child('resourceRules'));
  each(namedRule)(given.excludeResourceRules, at.child('excludeResourceRules'));
}

const mutatingOperations = [all, 'CONNECT', 'CREATE', 'UPDATE'];

/** Nothing changes what is deleted; `at` is the place of the rules' operations. */
export function onlyMutating(given: MatchResources | undefined, at: Place): void {
  for (const { operations: list } of given?.resourceRules ?? []) {
    for (const operation of list ?? []) {
      if (!mutatingOperations.includes(operation)) at.notSupported(operation, mutatingOperations);
    }
  }
}

const staticSuffix = '.static.k8s.io';

/** Names that belong to configuration by files. */
export function notStatic(name: string | undefined, at: Place): void {
  if (!name?.endsWith(staticSuffix)) return;
  at.child('metadata')
    .child('name')
    .invalid(
      name,
      `names ending with "${staticSuffix}" are reserved for static manifest-based configurations and cannot be managed via the API`,
    );
}
