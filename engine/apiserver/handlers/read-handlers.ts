import type { HttpResponse } from '../../api/http-message.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import { getObject, listObjects } from '../registry/read.ts';
import { makeSelection } from '../registry/selection.ts';
import { served } from '../registry/served-resource.ts';
import { representationFor } from '../representation/encoder.ts';
import { parseListOptions } from '../request/list-options.ts';
import { encodedResponse, jsonBytesResponse, jsonLineResponse } from '../request/responses.ts';
import { outputFormat, pathName, type ResourceRequest } from './resource-request.ts';

/** GET of one object. */
export async function handleGet(request: ResourceRequest): Promise<HttpResponse> {
  const { context, services, resource, namespace } = request;
  const name = pathName(request);
  const format = outputFormat(request);
  const { parameters } = context;
  if (parameters.optionalFlag('export') === true)
    throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
  const shape = representationFor(resource, format, parameters, () => services.clock.now(), false);
  const version = parameters.text('resourceVersion');
  const stored = await getObject(resource, namespace, name, version);
  return format.encoding === 'json' && !format.pretty
    ? jsonBytesResponse(200, shape.object(stored, true))
    : encodedResponse(200, shape.shape(served(resource, stored)), format);
}

/** GET of a collection. */
export async function handleList(request: ResourceRequest): Promise<HttpResponse> {
  const { context, services, resource, namespace } = request;
  const format = outputFormat(request);
  const { parameters } = context;
  const options = parseListOptions(parameters, false);
  const selection = makeSelection(resource, options, request.name);
  const shape = representationFor(resource, format, parameters, () => services.clock.now(), true);
  const result = await listObjects(services, resource, namespace, options, selection);
  return format.encoding === 'json' && !format.pretty && shape.listLine !== undefined
    ? jsonLineResponse(200, shape.listLine(result))
    : encodedResponse(200, shape.list(result), format);
}
