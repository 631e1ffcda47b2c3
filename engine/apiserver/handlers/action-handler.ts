import type { HttpResponse } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { Status } from '../../objects/status/status.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { inNamespaceOf } from '../registry/create.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { representationFor } from '../representation/encoder.ts';
import { negotiateOutput } from '../request/negotiation.ts';
import { parseWriteOptions, type WriteOptions } from '../request/options.ts';
import type { RequestContext } from '../request/request-context.ts';
import { encodedResponse } from '../request/responses.ts';
import { TRANSFORMS, type ResourceServices } from './resource-request.ts';
import { optionsObject, readObject } from './write-handlers.ts';

/** A request that asks the server to do or to tell something. */
export interface ActionRequest {
  readonly context: RequestContext;
  readonly services: ResourceServices;
  readonly namespace: string;
  /** from the path; empty for an action that is no subresource */
  readonly name: string;
  readonly options: WriteOptions;
  /** validating admission of what is about to be done; to be called once it is known to be sound */
  readonly admit: (object: ApiObject) => Promise<void>;
}

/**
 * A resource, or a subresource that is created (`pods/binding`), whose objects are requests: they
 * are answered and not kept.
 */
export interface Action {
  /** what its body is */
  readonly body: ServedResource;
  run(request: ActionRequest, object: ApiObject): Promise<ApiObject | Status>;
}

/** Where an action's request came to: the resource it is about, for admission. */
export interface ActionTarget {
  readonly resource: ServedResource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** POST of an action's body. */
export async function handleAction(
  action: Action,
  context: RequestContext,
  services: ResourceServices,
  target: ActionTarget,
): Promise<HttpResponse | TakenOver> {
  const format = negotiateOutput(context.request.headers, context.query, {
    transforms: TRANSFORMS,
  });
  const { body } = action;
  const options = parseWriteOptions(context.parameters, 'CreateOptions');
  const { namespace, name } = target;
  const given = await readObject(context, body, options);
  const object =
    namespace === '' || !target.resource.definition.namespaced
      ? given
      : inNamespaceOf(given, namespace);
  const attributes = {
    operation: 'CREATE' as const,
    resource: target.resource,
    subresource: target.subresource,
    ...(body === target.resource ? {} : { body }),
    namespace,
    name: name === '' ? (object.metadata.name ?? '') : name,
    object,
    old: undefined,
    options: optionsObject('CreateOptions', options),
    dryRun: options.dryRun,
    user: context.user,
    warn: context.warn,
    annotate: (key: string, value: string) => context.exchange.annotate(key, value),
  };
  const admitted = (await services.admission.mutate(attributes)) ?? object;
  const answer = await action.run(
    {
      context,
      services,
      namespace,
      name,
      options,
      admit: (final) => services.admission.validate({ ...attributes, object: final }),
    },
    admitted,
  );
  if (answer.kind === 'Status') {
    const status = answer as Status;
    const code = status.code === 0 ? 201 : status.code;
    return encodedResponse(code, { ...status, code }, format);
  }
  const now = (): number => services.clock.now();
  const shape = representationFor(body, format, context.parameters, now, false);
  return encodedResponse(201, shape.shape(answer as ApiObject), format);
}
