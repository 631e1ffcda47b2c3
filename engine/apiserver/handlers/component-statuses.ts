import type { HttpResponse } from '../../api/http-message.ts';
import { notFound } from '../../objects/status/status-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { representationFor } from '../representation/encoder.ts';
import { negotiateOutput } from '../request/negotiation.ts';
import type { RequestContext } from '../request/request-context.ts';
import { encodedResponse } from '../request/responses.ts';
import { TRANSFORMS, type ResourceServices } from './resource-request.ts';

/** Where upstream looks for the other components, on its own machine. */
const HEALTH: Readonly<Record<string, string>> = {
  'controller-manager': '127.0.0.1:10257',
  scheduler: '127.0.0.1:10259',
};

function component(name: string, failure: string | undefined): ApiObject {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [
      failure === undefined
        ? { type: 'Healthy', status: 'True', message: 'ok' }
        : { type: 'Healthy', status: 'False', message: failure },
    ],
  };
}

async function components({ etcd }: ResourceServices): Promise<readonly ApiObject[]> {
  const failure = await etcd
    .range({ key: '/registry/health' })
    .then(() => undefined)
    .catch((error: unknown) => String(error));
  return [
    // They listen on no port here, so to upstream's eyes they are not there.
    ...Object.entries(HEALTH).map(([name, address]) =>
      component(
        name,
        `Get "https://${address}/healthz": dial tcp ${address}: connect: connection refused`,
      ),
    ),
    component('etcd-0', failure),
  ];
}

/** GET of `componentstatuses`, which are looked at when they are asked for. */
export async function handleComponentStatuses(
  resource: ServedResource,
  context: RequestContext,
  services: ResourceServices,
): Promise<HttpResponse> {
  const { request, query, parameters, info } = context;
  const format = negotiateOutput(request.headers, query, { transforms: TRANSFORMS });
  const list = info.name === '';
  const now = (): number => services.clock.now();
  const shape = representationFor(resource, format, parameters, now, list);
  const all = await components(services);
  if (list) return encodedResponse(200, shape.collection(all, {}), format);
  const found = all.find(({ metadata }) => metadata.name === info.name);
  if (found === undefined) throw notFound({ group: '', name: 'componentstatuses' }, info.name);
  return encodedResponse(200, shape.shape(found), format);
}
