import type { HttpResponse } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { SubresourceDefinition, Verb } from '../../objects/resources.ts';
import type { Connections } from '../proxy/connections.ts';
import { methodNotAllowed, noSuchPath, notFound } from '../../objects/status/status-error.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import {
  isStored,
  qualifiedResource,
  type ServedResource,
  type StoredResource,
} from '../registry/served-resource.ts';
import type { RequestContext } from '../request/request-context.ts';
import { isPartOfObject, Subresources } from '../subresources/subresources.ts';
import { handleAction } from './action-handler.ts';
import { handleComponentStatuses } from './component-statuses.ts';
import { handleDelete, handleDeleteCollection } from './delete-handlers.ts';
import { handlePatch } from './patch-handler.ts';
import { handleGet, handleList } from './read-handlers.ts';
import type { ResourceRequest, ResourceServices } from './resource-request.ts';
import { handleWatch } from './watch-handler.ts';
import { handleCreate, handleUpdate } from './write-handlers.ts';

type Answer = HttpResponse | TakenOver;
type Handler = (request: ResourceRequest) => Promise<Answer>;

const handlers: Readonly<Record<Verb, Handler>> = {
  get: handleGet,
  list: handleList,
  watch: handleWatch,
  create: handleCreate,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: handleDeleteCollection,
};

function isVerb(verb: string): verb is Verb {
  return Object.hasOwn(handlers, verb);
}

/** A namespaced object has its namespace in the path, and nothing else has. */
function isMisplaced({ info }: RequestContext, { definition }: ServedResource): boolean {
  const { namespace, name } = info;
  return definition.namespaced
    ? namespace === '' && info.parts.length > 1 && name !== ''
    : namespace !== '' && definition.plural !== 'namespaces';
}

/** From a path under /api or /apis to the handler of its resource and verb. */
export class ResourceRouter {
  readonly #registry: ResourceRegistry;
  readonly #services: ResourceServices;
  readonly #subresources: Subresources;
  readonly #connections: Connections;

  constructor(registry: ResourceRegistry, connections: Connections, services: ResourceServices) {
    this.#registry = registry;
    this.#services = services;
    this.#connections = connections;
    this.#subresources = new Subresources(registry);
  }

  /** Errors: `NotFound` for what is not served, `MethodNotAllowed`, and what the handler says. */
  async handle(context: RequestContext): Promise<Answer> {
    const { info } = context;
    const resource = this.#registry.find(info.apiGroup, info.apiVersion, info.resource);
    if (resource === undefined || isMisplaced(context, resource)) throw noSuchPath();
    if (resource.warning !== undefined) context.warn(resource.warning);
    if (info.subresource !== '') return this.#subresource(context, resource);
    const { method } = context.request;
    if (!isVerb(info.verb) || !resource.definition.verbs.includes(info.verb) || method === 'HEAD')
      throw methodNotAllowed();
    const { namespaced } = resource.definition;
    if (info.verb === 'create' && (info.name !== '' || (namespaced && info.namespace === '')))
      throw methodNotAllowed();
    if (isStored(resource)) return handlers[info.verb](this.#request(context, resource));
    if (resource.definition.plural === 'componentstatuses')
      return handleComponentStatuses(resource, context, this.#services);
    return this.#act(context, resource, resource.definition.plural);
  }

  #request(context: RequestContext, resource: StoredResource): ResourceRequest {
    const { info } = context;
    return {
      context,
      services: this.#services,
      resource,
      namespace: resource.definition.namespaced ? info.namespace : '',
      name: info.name,
      subresource: info.subresource,
    };
  }

  #subresource(context: RequestContext, resource: ServedResource): Promise<Answer> {
    const { info } = context;
    const definition = resource.definition.subresources.find(
      ({ name }) => name === info.subresource,
    );
    if (definition === undefined && resource.custom)
      throw notFound(qualifiedResource(resource), info.name);
    if (definition === undefined || !isStored(resource)) throw noSuchPath();
    const path = `${resource.definition.plural}/${definition.name}`;
    const isProxy = definition.name === 'proxy';
    const isAllowed = isVerb(info.verb) && definition.verbs.includes(info.verb);
    if (!isAllowed && !(isProxy && context.request.method === 'OPTIONS')) throw methodNotAllowed();
    if (info.parts.length > 3 && !isProxy) throw noSuchPath();
    const request = this.#request(context, resource);
    const connect = this.#connections.handler(path);
    if (connect !== undefined) return connect(request);
    if (!isVerb(info.verb)) throw methodNotAllowed();
    if (this.#subresources.action(path) !== undefined) return this.#act(context, resource, path);
    if (definition.name === 'scale') return this.#scale(request, definition);
    if (isPartOfObject(resource, definition)) return handlers[info.verb](request);
    throw noSuchPath();
  }

  #scale(request: ResourceRequest, { verbs }: SubresourceDefinition): Promise<Answer> {
    const { verb } = request.context.info;
    const { scale } = this.#subresources;
    if (verb === 'get') return scale.get(request);
    if (verb === 'update' && verbs.includes(verb)) return scale.update(request);
    return scale.patch(request);
  }

  #act(context: RequestContext, resource: ServedResource, path: string): Promise<Answer> {
    const action = this.#subresources.action(path);
    if (action === undefined) throw noSuchPath();
    const { namespace, name, subresource } = context.info;
    return handleAction(action, context, this.#services, {
      resource,
      subresource,
      namespace: resource.definition.namespaced ? namespace : '',
      name,
    });
  }
}
