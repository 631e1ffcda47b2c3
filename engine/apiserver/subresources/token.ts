import { formatTime } from '../../objects/time.ts';
import type { Action, ActionRequest } from '../handlers/action-handler.ts';
import { badRequest, conflict, notFound } from '../../objects/status/status-error.ts';
import { invalidObject } from '../../objects/validation/field-error.ts';
import { Place } from '../../objects/validation/place.ts';
import type { BoundObject, TokenClaims } from '../auth/service-account-tokens.ts';
import { fieldAt, withMetadata, type ApiObject } from '../registry/api-object.ts';
import {
  keyOf,
  served,
  type ServedResource,
  type StoredResource,
} from '../registry/served-resource.ts';

const SHORTEST = 600;
const LONGEST = 2 ** 32;
/** What kubelets ask for; such tokens live a year while clients learn to renew them. */
const EXTENDED_FROM = 3607;
const EXTENDED = 365 * 86_400;

const KIND = { group: 'authentication.k8s.io', name: 'TokenRequest' };

interface Spec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: null | {
    readonly kind?: string;
    readonly apiVersion?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

export interface TokenResources {
  readonly serviceAccounts: StoredResource;
  readonly pods: StoredResource;
  readonly secrets: StoredResource;
  readonly nodes: StoredResource;
}

function checkSpec({ expirationSeconds = 3600 }: Spec): void {
  const at = Place.root().child('spec').child('expirationSeconds');
  if (expirationSeconds < SHORTEST)
    at.invalid(expirationSeconds, 'may not specify a duration less than 10 minutes');
  if (expirationSeconds > LONGEST)
    at.invalid(expirationSeconds, 'may not specify a duration larger than 2^32 seconds');
  if (at.errors.length > 0) throw invalidObject(KIND, '', at.errors);
}

/** `serviceaccounts/token`: a token for a service account, for a time, an audience and an object. */
export function tokenAction(body: ServedResource, resources: TokenResources): Action {
  async function find(
    resource: StoredResource,
    namespace: string,
    name: string,
  ): Promise<ApiObject> {
    const stored = await resource.storage.get(
      keyOf(resource, resource.definition.namespaced ? namespace : '', name),
    );
    if (stored === undefined) throw notFound({ group: '', name: resource.definition.plural }, name);
    return served(resource, stored);
  }

  async function bind(
    request: ActionRequest,
    { kind = '', apiVersion = '', name = '', uid }: NonNullable<Spec['boundObjectRef']>,
  ): Promise<Pick<TokenClaims, 'bound' | 'node'>> {
    const byKind: Readonly<Record<string, StoredResource>> = {
      Pod: resources.pods,
      Secret: resources.secrets,
      Node: resources.nodes,
    };
    const resource = apiVersion === 'v1' ? byKind[kind] : undefined;
    if (resource === undefined) {
      const [group = '', version = ''] = apiVersion.includes('/')
        ? apiVersion.split('/')
        : ['', apiVersion];
      throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
    }
    const object = await find(resource, request.namespace, name);
    if (kind === 'Pod' && fieldAt(object, ['spec', 'serviceAccountName']) !== request.name)
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(request.name)} to pod running with different serviceaccount name.`,
      );
    const own = object.metadata.uid ?? '';
    if (uid !== undefined && uid !== '' && uid !== own)
      throw conflict(
        { group: '', name: kind },
        name,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    const bound: BoundObject = { kind: kind as BoundObject['kind'], name, uid: own };
    const nodeName = kind === 'Pod' ? fieldAt(object, ['spec', 'nodeName']) : undefined;
    if (typeof nodeName !== 'string' || nodeName === '') return { bound };
    const node = await find(resources.nodes, '', nodeName).catch(() => undefined);
    return { bound, node: { kind: 'Node', name: nodeName, uid: node?.metadata.uid ?? '' } };
  }

  return {
    body,
    async run(request, given) {
      const { services, namespace, name } = request;
      const refuse = (field: string, value: unknown, detail: string): Error => {
        const at = Place.root().child('metadata').child(field);
        at.invalid(value, detail);
        return invalidObject(KIND, name, at.errors);
      };
      const { name: own = '', namespace: within = '', uid: wantedUid = '' } = given.metadata;
      if (own !== '' && own !== name)
        throw refuse('name', own, 'must match the service account name if specified');
      if (within !== '' && within !== namespace)
        throw refuse('namespace', within, 'must match the service account namespace if specified');
      const account = await find(resources.serviceAccounts, namespace, name);
      const uid = account.metadata.uid ?? '';
      if (wantedUid !== '' && wantedUid !== uid)
        throw conflict(
          KIND,
          name,
          `the UID in the token request (${wantedUid}) does not match the UID of the service account (${uid})`,
        );
      const spec = (given['spec'] ?? {}) as Spec;
      checkSpec(spec);
      const { tokens, audiences: ours } = services.access;
      const audiences = (spec.audiences ?? []).length === 0 ? ours : (spec.audiences ?? []);
      const expirationSeconds = spec.expirationSeconds ?? 3600;
      const now = services.clock.now();
      const object = withMetadata(
        {
          ...given,
          spec: { ...spec, audiences, expirationSeconds },
          status: { token: '', expirationTimestamp: null },
        },
        { name, namespace, uid, creationTimestamp: formatTime(now) },
      );
      await request.admit(object);
      const bound =
        spec.boundObjectRef === undefined || spec.boundObjectRef === null
          ? {}
          : await bind(request, spec.boundObjectRef);
      const forUs = audiences.every((audience) => ours.includes(audience));
      const extended = bound.bound?.kind === 'Pod' && expirationSeconds === EXTENDED_FROM && forUs;
      const { token } = await tokens.sign({
        namespace,
        name,
        uid,
        audiences,
        expiresIn: extended ? EXTENDED : expirationSeconds,
        ...bound,
        ...(extended ? { warnAfter: expirationSeconds } : {}),
      });
      return {
        ...object,
        status: { token, expirationTimestamp: formatTime(now + expirationSeconds * 1000) },
      };
    },
  };
}
