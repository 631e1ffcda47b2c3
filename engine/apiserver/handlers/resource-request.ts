import type { Etcd } from '../../api/etcd.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import type { AccessControl } from '../auth/access-control.ts';
import type { Admission, Attributes, Operation } from '../admission/admission.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { isNamespaces, type StoredResource } from '../registry/served-resource.ts';
import type { WriteContext } from '../registry/write-context.ts';
import type { OutputFormat } from '../request/negotiation.ts';
import { negotiateOutput } from '../request/negotiation.ts';
import type { RequestContext } from '../request/request-context.ts';

/** What handlers of resources work with. */
export interface ResourceServices {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly random: Random;
  readonly admission: Admission;
  readonly access: AccessControl;
  /** Rejects with `Forbidden` unless who updates what does not exist may also create it. */
  readonly authorizeCreate: (request: ResourceRequest) => Promise<void>;
}

/** A request about a resource that is served. */
export interface ResourceRequest {
  readonly context: RequestContext;
  readonly services: ResourceServices;
  readonly resource: StoredResource;
  /** empty for all namespaces and for what has none */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export const TRANSFORMS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];

export function outputFormat({ context }: ResourceRequest): OutputFormat {
  return negotiateOutput(context.request.headers, context.query, { transforms: TRANSFORMS });
}

/** The name in the path. Errors: `BadRequest` when it cannot be one. */
export function pathName({ name }: Pick<ResourceRequest, 'name'>): string {
  if (name === '.' || name === '..')
    throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: may not be '${name}'`);
  const bad = ['/', '%'].filter((character) => name.includes(character));
  if (bad.length > 0)
    throw badRequest(
      `Name parameter invalid: ${JSON.stringify(name)}: ${bad.map((character) => `may not contain '${character}'`).join('; ')}`,
    );
  return name;
}

export function attributes(
  { resource, subresource, namespace, context }: ResourceRequest,
  operation: Operation,
  changes: {
    readonly name: string;
    readonly object?: ApiObject | undefined;
    readonly old?: ApiObject | undefined;
    readonly options: Readonly<Record<string, unknown>>;
    readonly dryRun: boolean;
  },
): Attributes {
  return {
    operation,
    resource,
    subresource,
    // A request about a namespace is one within it.
    namespace: isNamespaces(resource) ? changes.name : namespace,
    name: changes.name,
    object: changes.object,
    old: changes.old,
    options: changes.options,
    dryRun: changes.dryRun,
    user: context.user,
    warn: context.warn,
    annotate: (key, value) => context.exchange.annotate(key, value),
  };
}

export function writeContext(
  { services, context }: ResourceRequest,
  dryRun: boolean,
  validate: WriteContext['validate'],
): WriteContext {
  const { clock, random } = services;
  return { clock, random, dryRun, validate, user: context.user, warn: context.warn };
}
