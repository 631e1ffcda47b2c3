import type { HttpResponse } from '../../api/http-message.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { deleteNamespace, deleteObject, type DeleteResult } from '../registry/delete.ts';
import { listObjects } from '../registry/read.ts';
import { makeSelection } from '../registry/selection.ts';
import { isNamespaces, type StoredResource } from '../registry/served-resource.ts';
import { representationFor } from '../representation/encoder.ts';
import { readBody } from '../request/body.ts';
import { parseListOptions } from '../request/list-options.ts';
import { decodeDeleteOptions } from '../request/meta-options.ts';
import { negotiateInput } from '../request/negotiation.ts';
import { checkDeleteOptions, type DeleteOptions } from '../request/options.ts';
import { encodedResponse } from '../request/responses.ts';
import { StoredObject } from '../store/stored-object.ts';
import {
  attributes,
  outputFormat,
  pathName,
  writeContext,
  type ResourceRequest,
} from './resource-request.ts';
import { objectResponse } from './write-handlers.ts';

/** Deletions of a collection that run at once (kube-apiserver `--delete-collection-workers` is 1; etcd is near here). */
const WORKERS = 8;

/** `DeleteOptions` come as body, or as parameters when there is none. */
async function readDeleteOptions(request: ResourceRequest): Promise<DeleteOptions> {
  const { context } = request;
  const { parameters } = context;
  const body = await readBody(context);
  if (body.length > 0) {
    context.exchange.understood(body);
    return decodeDeleteOptions(body, negotiateInput(context.request.headers));
  }
  const grace = parameters.integer('gracePeriodSeconds');
  const policy = parameters.text('propagationPolicy');
  const orphan = parameters.optionalFlag('orphanDependents');
  return checkDeleteOptions({
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === '' ? {} : { propagationPolicy: policy }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    dryRun: parameters.all('dryRun'),
  });
}

function deleterOf(resource: StoredResource): typeof deleteObject {
  return isNamespaces(resource) ? deleteNamespace : deleteObject;
}

function optionsForAdmission(options: DeleteOptions): Record<string, unknown> {
  const { dryRun, ...rest } = options;
  return {
    kind: 'DeleteOptions',
    apiVersion: 'meta.k8s.io/v1',
    ...rest,
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}

function remove(
  request: ResourceRequest,
  namespace: string,
  name: string,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { resource, services } = request;
  return deleterOf(resource)(
    resource,
    writeContext(request, options.dryRun, () => Promise.resolve()),
    {
      namespace,
      name,
      options,
      admit: async (old: ApiObject) => {
        const about = attributes({ ...request, namespace }, 'DELETE', {
          name,
          old,
          options: optionsForAdmission(options),
          dryRun: options.dryRun,
        });
        await services.admission.mutate(about);
        await services.admission.validate(about);
      },
    },
  );
}

/** DELETE of one object. */
export async function handleDelete(request: ResourceRequest): Promise<HttpResponse> {
  const name = pathName(request);
  const format = outputFormat(request);
  const options = await readDeleteOptions(request);
  const { deleted, answer } = await remove(request, request.namespace, name, options);
  const status = !deleted && options.orphanDependents === false ? 202 : 200;
  return answer instanceof StoredObject
    ? objectResponse(request, format, status, answer)
    : encodedResponse(status, { ...answer, code: undefined }, format);
}

/** DELETE of a collection: what a list with the same options shows. */
export async function handleDeleteCollection(request: ResourceRequest): Promise<HttpResponse> {
  const { context, services, resource, namespace } = request;
  const format = outputFormat(request);
  const listOptions = parseListOptions(context.parameters, false);
  const options = await readDeleteOptions(request);
  const selection = makeSelection(resource, listOptions, request.name);
  const result = await listObjects(services, resource, namespace, listOptions, selection);
  const queue = [...result.objects];
  const workers = Array.from({ length: Math.min(WORKERS, queue.length) }, async () => {
    for (let stored = queue.shift(); stored !== undefined; stored = queue.shift()) {
      const { name = '', namespace: within = '' } = stored.object.metadata;
      try {
        await remove(request, within, name, options);
      } catch (error) {
        if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
      }
    }
  });
  await Promise.all(workers);
  const now = (): number => services.clock.now();
  const shape = representationFor(resource, format, context.parameters, now, true);
  return encodedResponse(
    200,
    shape.list({ ...result, continue: '', remaining: undefined }),
    format,
  );
}
