import type { HttpResponse } from '../../api/http-message.ts';
import { readApplyBody } from '../../objects/apply/apply-body.ts';
import type { JsonObject } from '../../objects/json-value.ts';
import type { PatchType } from '../../objects/patch/patch.ts';
import {
  customFailure,
  notFound,
  unsupportedMediaType,
} from '../../objects/status/status-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { inNamespace } from '../registry/create.ts';
import { qualifiedResource } from '../registry/served-resource.ts';
import { updateObject } from '../registry/update.ts';
import { readBody } from '../request/body.ts';
import { parseWriteOptions, type WriteOptions } from '../request/options.ts';
import { outputFormat, pathName, writeContext, type ResourceRequest } from './resource-request.ts';
import {
  admitUpdate,
  checkName,
  objectResponse,
  validateUpdate,
  writeOf,
} from './write-handlers.ts';

export const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json-patch',
  'application/merge-patch+json': 'merge-patch',
  'application/strategic-merge-patch+json': 'strategic-merge-patch',
};
export const APPLY_TYPE = 'application/apply-patch+yaml';

/** Custom resources have no patch strategies. */
function acceptedTypes({ resource }: ResourceRequest): readonly string[] {
  const types = Object.keys(PATCH_TYPES).filter(
    (type) => !(resource.custom && PATCH_TYPES[type] === 'strategic-merge-patch'),
  );
  return [...types, APPLY_TYPE];
}

/** PATCH of an object or a subresource that is the object itself. */
export async function handlePatch(request: ResourceRequest): Promise<HttpResponse> {
  const { context, resource, namespace, subresource } = request;
  const mediaType = (context.request.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
  const accepted = acceptedTypes(request);
  if (PATCH_TYPES[mediaType] === undefined && mediaType !== APPLY_TYPE)
    throw customFailure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (!accepted.includes(mediaType)) throw unsupportedMediaType(accepted);
  const name = pathName(request);
  const format = outputFormat(request);
  const bytes = await readBody(context);
  const apply = mediaType === APPLY_TYPE;
  const options = parseWriteOptions(context.parameters, 'PatchOptions', apply);
  const applied = apply ? readApplyBody(bytes, options.fieldValidation) : undefined;
  for (const warning of applied?.warnings ?? []) context.warn(warning);
  context.exchange.understood(applied?.configuration ?? bytes);
  const change = (current: ApiObject | undefined): Promise<ApiObject> =>
    applied === undefined
      ? patch(request, options, PATCH_TYPES[mediaType], bytes, current)
      : applyConfiguration(request, options, applied.configuration, current);
  const result = await updateObject(
    resource,
    writeContext(request, options.dryRun, validateUpdate(request, options, name)),
    {
      namespace,
      name,
      subresource,
      allowCreate: apply && subresource === '',
      next: async (current) =>
        admitUpdate(request, options, name, await change(current), current, apply),
    },
  );
  if (applied?.strictError !== undefined) throw applied.strictError;
  return objectResponse(request, format, result.created ? 201 : 200, result.stored);
}

async function patch(
  { context, resource, namespace, name }: ResourceRequest,
  options: WriteOptions,
  type: PatchType | undefined,
  bytes: Uint8Array,
  current: ApiObject | undefined,
): Promise<ApiObject> {
  if (current === undefined || type === undefined)
    throw notFound(qualifiedResource(resource), name);
  const { kind } = resource;
  const { object, warnings } = await kind.patch(type, bytes, current, options.fieldValidation);
  for (const warning of warnings) context.warn(warning);
  checkName(object, name, namespace);
  return kind.applyDefaults(inNamespace(resource, object, namespace));
}

/** Server-side apply: only what the configuration says, and what its manager no longer says. */
async function applyConfiguration(
  request: ResourceRequest,
  options: WriteOptions,
  configuration: JsonObject,
  current: ApiObject | undefined,
): Promise<ApiObject> {
  const { resource, namespace, name, subresource } = request;
  if (current === undefined && subresource !== '')
    throw notFound(qualifiedResource(resource), name);
  const manager = await resource.kind.fieldManager(subresource);
  const { force } = options;
  const merged = manager.apply(configuration, { ...writeOf(request, options, current), force });
  checkName(merged as ApiObject, name, namespace);
  return resource.kind.applyDefaults(inNamespace(resource, merged as ApiObject, namespace));
}
