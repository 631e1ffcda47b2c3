import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../generated/rbac-v1.generated.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import { asInternal } from './internal.ts';
import { immutable, plainKind } from './kind-validation.ts';
import { labelSelector } from './label-selector.ts';
import type { Place } from './place.ts';
import { declaredName, each, enumOf, fields, required, type Rule } from './rules.ts';

const group = 'rbac.authorization.k8s.io';

/** Names are anything that can be a segment of a path; a prefix has to be one as well. */
const nameRule = isPathSegmentName;

const policyRule =
  (namespaced: boolean): Rule<PolicyRule> =>
  (rule, at) => {
    required()(rule.verbs, at.child('verbs').declared);
    const urls = rule.nonResourceURLs ?? [];
    if (urls.length > 0) {
      const place = at.child('nonResourceURLs');
      if (namespaced) place.invalid(urls, 'namespaced rules cannot apply to non-resource URLs');
      if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
        place.invalid(urls, 'rules cannot apply to both regular resources and non-resource URLs');
      }
      return;
    }
    const missing = (what: string) => `resource rules must supply at least one ${what}`;
    required(undefined, missing('api group'))(rule.apiGroups, at.child('apiGroups'));
    required(undefined, missing('resource'))(rule.resources, at.child('resources'));
  };

export const role = plainKind<Role>({
  namespaced: true,
  nameRule,
  rules: ({ rules }, at) => each(policyRule(true))(rules, at.child('rules')),
});

export const clusterRole = plainKind<ClusterRole>({
  namespaced: false,
  nameRule,
  rules: ({ rules, aggregationRule }, at) => {
    each(policyRule(false))(rules, at.child('rules'));
    if (!aggregationRule) return;
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    const place = at.child('aggregationRule').child('clusterRoleSelectors');
    if (selectors.length === 0) {
      place.required('at least one clusterRoleSelector required if aggregationRule is non-nil');
    }
    each<(typeof selectors)[number]>((selector, item) => {
      const before = at.errors.length;
      labelSelector(selector, item);
      if (at.errors.length > before) item.invalid(null, 'invalid label selector.');
    })(selectors, place);
  },
});

const roleRef = (...kinds: readonly string[]) =>
  fields<RoleRef>({
    apiGroup: enumOf(group),
    kind: enumOf(...kinds),
    name: declaredName(isPathSegmentName),
  });

const subject =
  (namespaced: boolean): Rule<Subject> =>
  ({ kind, name, apiGroup = '', namespace }, at) => {
    if (!name) at.child('name').declared.required();
    switch (kind) {
      case 'ServiceAccount':
        if (name) at.child('name').invalidEach(name, isDns1123Subdomain(name));
        if (apiGroup) at.child('apiGroup').notSupported(apiGroup, ['']);
        if (!namespaced && !namespace) at.child('namespace').required();
        break;
      case 'User':
      case 'Group':
        enumOf(group)(apiGroup, at.child('apiGroup'));
        break;
      default:
        at.child('kind').notSupported(kind ?? '', ['ServiceAccount', 'User', 'Group']);
    }
  };

function binding(namespaced: boolean, ...kinds: readonly string[]) {
  return plainKind<RoleBinding | ClusterRoleBinding>({
    namespaced,
    nameRule,
    rules: (object, at: Place) => {
      roleRef(...kinds)(object.roleRef, at.child('roleRef'));
      each(subject(namespaced))(object.subjects, at.child('subjects'));
    },
    update: (object, old, at) => {
      const printed = asInternal('RoleRef', object.roleRef);
      const place = at.child('roleRef');
      immutable(object.roleRef, old.roleRef, namespaced ? place : place.declared, printed);
    },
  });
}

export const roleBinding = binding(true, 'Role', 'ClusterRole');
export const clusterRoleBinding = binding(false, 'ClusterRole');
