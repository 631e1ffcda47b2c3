import { namespaceValue, requestValue } from '../../../objects/admission/environment.ts';
import { type AccessQuestion, CelAuthorizer } from '../../../objects/cel/library/authorizers.ts';
import { dynamicValue } from '../../../objects/cel/values.ts';
import type { GroupVersionKind } from '../../../objects/schema.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import { serviceAccountUser } from '../../auth/user-info.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import type { ServedResource } from '../../registry/served-resource.ts';
import type { Attributes } from '../admission.ts';
import { kindOf, type Match } from '../matching/request-matcher.ts';

/** What an expression is given, by name. */
export type Bindings = Readonly<Record<string, unknown>>;

interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** Group, version and kind alone, in the order of Go's type. */
function plainKind({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { group, version, kind };
}

function plainResource({ definition }: ServedResource): GroupVersionResource {
  const { group, version, plural } = definition;
  return { group, version, resource: plural };
}

/**
 * `AdmissionRequest` of admission.k8s.io/v1 without `uid` and the objects, as webhooks and expressions
 * see it: what the request is shown as, and what it really was.
 */
export function admissionRequest(attributes: Attributes, match: Match): Record<string, unknown> {
  const { resource, subresource, name, namespace, operation, user, dryRun } = attributes;
  const { username, uid = '', groups, extra = {} } = user;
  return {
    kind: plainKind(match.kind),
    resource: plainResource(match.resource),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: plainKind(kindOf(attributes)),
    requestResource: plainResource(resource),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username,
      ...(uid === '' ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    },
    dryRun,
  };
}

/** What `authorizer` asks, asked of the server's own authorizer. */
function authorizerValue(attributes: Attributes, authorizer: Authorizer): CelAuthorizer {
  const { definition } = attributes.resource;
  const decide = async (question: AccessQuestion) => {
    const { serviceAccount, verb, path, group = '', resource = '', subresource = '' } = question;
    const decision = await authorizer.authorize({
      user:
        serviceAccount === undefined
          ? attributes.user
          : serviceAccountUser(serviceAccount.namespace, serviceAccount.name, ''),
      verb,
      isResourceRequest: path === undefined,
      path: path ?? '',
      apiGroup: group,
      apiVersion: path === undefined ? '*' : '',
      namespace: question.namespace ?? '',
      resource,
      subresource,
      name: question.name ?? '',
    });
    return decision ?? { allowed: false, reason: '' };
  };
  return new CelAuthorizer(decide, {
    group: definition.group,
    resource: definition.plural,
    subresource: attributes.subresource,
    namespace: attributes.namespace,
    name: attributes.name,
  });
}

const orNull = (object: ApiObject | undefined): unknown =>
  object === undefined ? null : dynamicValue(object);

/** What all expressions about a request see; without `params` and `variables`. */
export function expressionInput(
  attributes: Attributes,
  match: Match,
  objects: { readonly object: ApiObject | undefined; readonly old: ApiObject | undefined },
  namespace: ApiObject | undefined,
  authorizer: Authorizer,
): Bindings {
  return {
    object: orNull(objects.object),
    oldObject: orNull(objects.old),
    request: requestValue({ ...admissionRequest(attributes, match), options: attributes.options }),
    namespaceObject: namespaceValue(namespace),
    authorizer: authorizerValue(attributes, authorizer),
  };
}
