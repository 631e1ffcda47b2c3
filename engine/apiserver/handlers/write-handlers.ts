import { formatTime } from '../../objects/time.ts';
import type { HttpResponse } from '../../api/http-message.ts';
import type { TrackedWrite } from '../../objects/apply/field-manager.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { createObject, inNamespace, withoutSystemFields } from '../registry/create.ts';
import { apiVersionOf, served, type ServedResource } from '../registry/served-resource.ts';
import { updateObject } from '../registry/update.ts';
import { representationFor } from '../representation/encoder.ts';
import { readBody } from '../request/body.ts';
import { negotiateInput, type OutputFormat } from '../request/negotiation.ts';
import { managerOf, parseWriteOptions, type WriteOptions } from '../request/options.ts';
import type { RequestContext } from '../request/request-context.ts';
import { encodedResponse, jsonBytesResponse } from '../request/responses.ts';
import type { StoredObject } from '../store/stored-object.ts';
import {
  attributes,
  outputFormat,
  pathName,
  writeContext,
  type ResourceRequest,
} from './resource-request.ts';

/** `CreateOptions` and the like as admission sees them. */
export function optionsObject(kind: string, options: WriteOptions): Record<string, unknown> {
  const { dryRun, fieldManager, fieldValidation } = options;
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager === '' ? {} : { fieldManager }),
    // Without a wish it is `Warn`.
    ...(fieldValidation === 'Warn' ? {} : { fieldValidation }),
  };
}

/** When and by whom a request writes, for managed fields. */
export function writeOf(
  { context, services }: ResourceRequest,
  options: WriteOptions,
  live: ApiObject | undefined,
): TrackedWrite {
  return {
    live,
    manager: managerOf(options, context.request.headers.get('user-agent') ?? ''),
    now: formatTime(services.clock.now()),
  };
}

/** Notes in `managedFields` who wrote which fields. @param live what is stored, if anything */
async function trackFields(
  request: ResourceRequest,
  options: WriteOptions,
  live: ApiObject | undefined,
  next: ApiObject,
): Promise<ApiObject> {
  const manager = await request.resource.kind.fieldManager(request.subresource);
  return manager.update(next, writeOf(request, options, live)) as ApiObject;
}

export function objectResponse(
  request: ResourceRequest,
  format: OutputFormat,
  status: number,
  stored: StoredObject,
): HttpResponse {
  const { context, services, resource } = request;
  const now = (): number => services.clock.now();
  const shape = representationFor(resource, format, context.parameters, now, false);
  return format.encoding === 'json' && !format.pretty
    ? jsonBytesResponse(status, shape.object(stored, true))
    : encodedResponse(status, shape.shape(served(resource, stored)), format);
}

/** The body as object of a resource's kind, with defaults. */
export async function readObject(
  context: RequestContext,
  resource: ServedResource,
  options: WriteOptions,
): Promise<ApiObject> {
  const encoding = negotiateInput(context.request.headers);
  const body = await readBody(context);
  const decoded = await resource.kind.decode(body, encoding, options.fieldValidation);
  for (const warning of decoded.warnings) context.warn(warning);
  checkVersion(resource, decoded.object);
  const object = resource.kind.applyDefaults(decoded.object);
  context.exchange.understood(object);
  return object;
}

function checkVersion(resource: ServedResource, { apiVersion }: ApiObject): void {
  const expected = apiVersionOf(resource);
  if (apiVersion !== expected)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
}

/** POST to a collection. */
export async function handleCreate(request: ResourceRequest): Promise<HttpResponse> {
  const { context, services, resource } = request;
  const { admission } = services;
  const format = outputFormat(request);
  const options = parseWriteOptions(context.parameters, 'CreateOptions');
  const decoded = await readObject(context, resource, options);
  const given = inNamespace(resource, withoutSystemFields(decoded), request.namespace);
  const { name = '' } = given.metadata;
  const common = { options: optionsObject('CreateOptions', options), dryRun: options.dryRun };
  const object = await trackFields(request, options, undefined, given);
  const admitted = await admission.mutate(
    attributes(request, 'CREATE', { ...common, name, object }),
  );
  const write = writeContext(request, options.dryRun, (final) =>
    admission.validate(
      attributes(request, 'CREATE', { ...common, name: final.metadata.name ?? '', object: final }),
    ),
  );
  const stored = await createObject(resource, write, admitted ?? object);
  return objectResponse(request, format, 201, stored);
}

/** Errors: `BadRequest` when the object in a body is not the one in the path. */
export function checkName(object: ApiObject, name: string, namespace: string): void {
  const { name: own = '', namespace: within = '' } = object.metadata;
  if (own === '')
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  if (own !== name)
    throw badRequest(
      `the name of the object (${own}) does not match the name on the URL (${name})`,
    );
  if (namespace !== '' && within !== '' && within !== namespace)
    throw badRequest(
      `the namespace of the object (${within}) does not match the namespace on the request (${namespace})`,
    );
}

/** PUT of an object or a subresource that is the object itself. */
export async function handleUpdate(request: ResourceRequest): Promise<HttpResponse> {
  const { context, resource, namespace, subresource } = request;
  const name = pathName(request);
  const format = outputFormat(request);
  const options = parseWriteOptions(context.parameters, 'UpdateOptions');
  const given = inNamespace(resource, await readObject(context, resource, options), namespace);
  checkName(given, name, namespace);
  const { uid } = given.metadata;
  const result = await updateObject(
    resource,
    writeContext(request, options.dryRun, validateUpdate(request, options, name)),
    {
      namespace,
      name,
      subresource,
      allowCreate: resource.kind.createsOnUpdate && subresource === '',
      ...(uid === undefined || uid === '' ? {} : { uid }),
      next: (current) => admitUpdate(request, options, name, given, current),
    },
  );
  return objectResponse(request, format, result.created ? 201 : 200, result.stored);
}

/** Field managers and mutating admission of an update, or of the creation it turns out to be. */
export async function admitUpdate(
  request: ResourceRequest,
  options: WriteOptions,
  name: string,
  given: ApiObject,
  current: ApiObject | undefined,
  tracked = false,
): Promise<ApiObject> {
  const { services } = request;
  if (current === undefined) await services.authorizeCreate(request);
  const object = tracked ? given : await trackFields(request, options, current, given);
  const operation = current === undefined ? 'CREATE' : 'UPDATE';
  const kind = current === undefined ? 'CreateOptions' : 'UpdateOptions';
  const admitted = await services.admission.mutate(
    attributes(request, operation, {
      name,
      object,
      old: current,
      options: optionsObject(kind, options),
      dryRun: options.dryRun,
    }),
  );
  return admitted ?? object;
}

export function validateUpdate(
  request: ResourceRequest,
  options: WriteOptions,
  name: string,
): (object: ApiObject, old: ApiObject | undefined) => Promise<void> {
  return (object, old) =>
    request.services.admission.validate(
      attributes(request, old === undefined ? 'CREATE' : 'UPDATE', {
        name,
        object,
        old,
        options: optionsObject(old === undefined ? 'CreateOptions' : 'UpdateOptions', options),
        dryRun: options.dryRun,
      }),
    );
}
