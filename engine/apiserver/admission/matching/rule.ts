import type { NamedRuleWithOperations } from '../../../objects/generated/admissionregistration-v1.generated.ts';
import type { ServedResource } from '../../registry/served-resource.ts';
import type { Attributes } from '../admission.ts';

/** `pods` is the resource alone, `pods/*` with any subresource, `*` and `*\/*` any resource. */
function names(pattern: string, plural: string, subresource: string): boolean {
  const slash = pattern.indexOf('/');
  const [resource, part] =
    slash === -1 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
  return (resource === '*' || resource === plural) && (part === '*' || part === subresource);
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === '*' || each === value) ?? false;

function isInScope(scope: string | undefined, { namespace, resource }: Attributes): boolean {
  const { group, version, plural } = resource.definition;
  const isNamespace = group === '' && version === 'v1' && plural === 'namespaces';
  // A request about a namespace has that namespace, and yet is about the cluster.
  const isCluster = isNamespace || namespace === '';
  return scope === undefined || scope === '*' || (scope === 'Cluster') === isCluster;
}

/** Whether a rule is about a request. @param resource what the request is about, or its equal in another version */
export function ruleMatches(
  rule: NamedRuleWithOperations,
  attributes: Attributes,
  { definition: { group, version, plural } }: ServedResource,
): boolean {
  const { operation, subresource, name } = attributes;
  return (
    isInScope(rule.scope, attributes) &&
    has(rule.operations, operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    (rule.resources ?? []).some((pattern) => names(pattern, plural, subresource)) &&
    ((rule.resourceNames ?? []).length === 0 || (rule.resourceNames ?? []).includes(name))
  );
}
