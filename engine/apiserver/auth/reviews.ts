import { formatTime } from '../../objects/time.ts';
/** The kinds by which clients ask who somebody is and what he may do. */
import type { Action, ActionRequest } from '../handlers/action-handler.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import { invalidObject } from '../../objects/validation/field-error.ts';
import { Place } from '../../objects/validation/place.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { qualifiedKind, type ServedResource } from '../registry/served-resource.ts';
import type { AccessAttributes } from './authorizer.ts';
import { MASTERS, type UserInfo } from './user-info.ts';

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
}

interface ReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

function userStatus({ username, uid, groups, extra }: UserInfo): Record<string, unknown> {
  return {
    username,
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function accessOf(user: UserInfo, spec: ReviewSpec): AccessAttributes {
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  return {
    user,
    verb: resource?.verb ?? other?.verb ?? '',
    isResourceRequest: resource !== undefined,
    path: other?.path ?? '',
    apiGroup: resource?.group ?? '',
    apiVersion: resource?.version ?? '*',
    namespace: resource?.namespace ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    name: resource?.name ?? '',
  };
}

function checkSpec(resource: ServedResource, spec: ReviewSpec, self: boolean): void {
  const place = Place.root();
  const at = place.child('spec');
  const both = spec.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined;
  if (both)
    at.child('nonResourceAttributes').invalid(
      spec.nonResourceAttributes,
      'cannot be specified in combination with resourceAttributes',
    );
  if (spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined)
    at.child('resourceAttributes').invalid(
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  if (!self && (spec.user ?? '') === '' && (spec.groups ?? []).length === 0)
    at.child('user').invalid('', 'at least one of user or group must be specified');
  if (place.errors.length > 0) throw invalidObject(qualifiedKind(resource), '', place.errors);
}

async function decide(
  { services }: ActionRequest,
  attributes: AccessAttributes,
): Promise<Record<string, unknown>> {
  const { allowed, reason } = await services.access.authorizer.authorize(attributes);
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

type Run = (resource: ServedResource) => Action['run'];

const subjectAccess: Run = (resource) => async (request, review) => {
  const spec = (review['spec'] ?? {}) as ReviewSpec;
  checkSpec(resource, spec, false);
  await request.admit(review);
  const user: UserInfo = {
    username: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  };
  return { ...review, status: await decide(request, accessOf(user, spec)) };
};

const localSubjectAccess: Run = (resource) => async (request, review) => {
  const spec = (review['spec'] ?? {}) as ReviewSpec;
  const { namespace = '' } = spec.resourceAttributes ?? {};
  if (namespace !== request.namespace) {
    const place = Place.root();
    place
      .child('spec')
      .child('resourceAttributes')
      .child('namespace')
      .invalid(namespace, 'must match metadata.namespace');
    throw invalidObject(qualifiedKind(resource), '', place.errors);
  }
  return subjectAccess(resource)(request, review);
};

const selfSubjectAccess: Run = (resource) => async (request, review) => {
  const spec = (review['spec'] ?? {}) as ReviewSpec;
  checkSpec(resource, spec, true);
  await request.admit(review);
  return { ...review, status: await decide(request, accessOf(request.context.user, spec)) };
};

const selfSubjectRules: Run = () => async (request, review) => {
  const { namespace = '' } = (review['spec'] ?? {}) as { readonly namespace?: string };
  if (namespace === '') throw badRequest('no namespace on request');
  await request.admit(review);
  const { user } = request.context;
  const all = user.groups.includes(MASTERS)
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : [];
  const rules = [...request.services.access.rbac.rulesFor(user, namespace), ...all];
  return {
    ...review,
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter(({ resources = [] }) => resources.length > 0),
      nonResourceRules: rules.filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0),
      incomplete: false,
    },
  };
};

const tokenReview: Run = () => async (request, review) => {
  const { token = '', audiences = [] } = (review['spec'] ?? {}) as {
    readonly token?: string;
    readonly audiences?: readonly string[];
  };
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  await request.admit(review);
  const { authenticator, audiences: own } = request.services.access;
  const wanted = audiences.length === 0 ? own : audiences;
  const verified = await authenticator.verifyToken(token, wanted);
  const status =
    verified === undefined
      ? { user: {}, error: '[invalid bearer token]' }
      : {
          authenticated: true,
          user: userStatus(verified.user),
          audiences: verified.audiences.length === 0 ? wanted : verified.audiences,
        };
  return { ...review, status };
};

const selfSubjectReview: Run = () => async (request, review) => {
  await request.admit(review);
  const now = formatTime(request.services.clock.now());
  const answer: ApiObject = {
    ...review,
    metadata: { creationTimestamp: now },
    status: { userInfo: userStatus(request.context.user) },
  };
  return answer;
};

const runs: Readonly<Record<string, Run>> = {
  SubjectAccessReview: subjectAccess,
  LocalSubjectAccessReview: localSubjectAccess,
  SelfSubjectAccessReview: selfSubjectAccess,
  SelfSubjectRulesReview: selfSubjectRules,
  TokenReview: tokenReview,
  SelfSubjectReview: selfSubjectReview,
};

/** How a review of this resource is answered; undefined when it is none. */
export function reviewAction(resource: ServedResource): Action | undefined {
  const run = runs[resource.definition.kind];
  return run === undefined ? undefined : { body: resource, run: run(resource) };
}
