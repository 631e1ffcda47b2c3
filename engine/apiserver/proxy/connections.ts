import type { HttpResponse } from '../../api/http-message.ts';
import type { Random } from '../../base/random.ts';
import type { TakenOver } from '../../http/index.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import { attributes, pathName, type ResourceRequest } from '../handlers/resource-request.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { bodyOfSubresource } from '../registry/built-in-resources.ts';
import { Lister } from '../registry/lister.ts';
import { getObject } from '../registry/read.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import { served, type ServedResource } from '../registry/served-resource.ts';
import type { Parameters } from '../request/parameters.ts';
import { forwardRequest, forwardStream } from './forward.ts';
import { Kubelets } from './kubelets.ts';
import { chooseContainer } from './pod-containers.ts';
import { podLog } from './pod-log.ts';
import { ProxyTargets } from './proxy-target.ts';

type Answer = HttpResponse | TakenOver;

/** Standard streams as parameters of requests to us, and as kubelets name them. */
const STREAMS = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;
type StreamName = keyof typeof STREAMS;

const optionsOf = (kind: string): ServedResource =>
  bodyOfSubresource('', 'v1', kind, `io.k8s.api.core.v1.${kind}`);

/** What the options of a request to connect are called, by resource and subresource. */
const OPTIONS: Readonly<Record<string, ServedResource>> = {
  'pods/exec': optionsOf('PodExecOptions'),
  'pods/attach': optionsOf('PodAttachOptions'),
  'pods/portforward': optionsOf('PodPortForwardOptions'),
  'pods/proxy': optionsOf('PodProxyOptions'),
  'nodes/proxy': optionsOf('NodeProxyOptions'),
  'services/proxy': optionsOf('ServiceProxyOptions'),
};

/** A path as Go writes it into a URL. */
function encodePath(path: string): string {
  return encodeURI(path).replaceAll(
    /[?#!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Subresources that lead through the API server to a node, a Pod or a Service: `log`, `exec`, `attach`, `portforward`, `proxy`. */
export class Connections {
  readonly #kubelets: Kubelets;
  readonly #targets: ProxyTargets;

  constructor(
    registry: ResourceRegistry,
    outbound: Outbound,
    kubeletClient: KeyPair | undefined,
    random: Random,
  ) {
    const lister = <T>(group: string, plural: string): Lister<T> =>
      new Lister(registry.stored(group, 'v1', plural));
    this.#kubelets = new Kubelets(lister('', 'nodes'), outbound, kubeletClient);
    this.#targets = new ProxyTargets(
      {
        pods: lister('', 'pods'),
        services: lister('', 'services'),
        endpointSlices: lister('discovery.k8s.io', 'endpointslices'),
      },
      this.#kubelets,
      random,
    );
  }

  /** @param path `pods/exec`; undefined for every other subresource */
  handler(path: string): ((request: ResourceRequest) => Promise<Answer>) | undefined {
    if (path === 'pods/log')
      return async (request) => podLog(request, await podOf(request), this.#kubelets);
    if (OPTIONS[path] === undefined) return undefined;
    return path.endsWith('/proxy')
      ? (request) => this.#proxy(request, path)
      : (request) => this.#stream(request, path);
  }

  async #stream(request: ResourceRequest, path: string): Promise<Answer> {
    const { context, namespace, subresource, services } = request;
    const name = pathName(request);
    const { parameters, user, info } = context;
    await admitConnection(request, path, streamOptions(parameters, subresource));
    // Browsers can open a WebSocket by GET only; who may read a Pod may not therefore enter it.
    if (info.verb !== 'create') await services.access.authorize(user, { ...info, verb: 'create' });
    const pod = await podOf(request);
    const forwards = subresource === 'portforward';
    const container = forwards ? '' : `/${chooseContainer(pod, parameters.text('container'))}`;
    const { nodeName = '' } = pod.spec;
    if (nodeName === '') throw badRequest(`pod ${name} does not have a host assigned`);
    const peer = this.#kubelets.peer(nodeName, 'pods');
    const query = kubeletQuery(parameters, subresource);
    return forwardStream(context, {
      outbound: this.#kubelets.outbound,
      peer,
      path: `/${forwards ? 'portForward' : subresource}/${namespace}/${name}${container}${query}`,
    });
  }

  async #proxy(request: ResourceRequest, resourcePath: string): Promise<Answer> {
    const { context, namespace, resource } = request;
    const { info } = context;
    const slash = info.path.endsWith('/');
    const inner = info.parts.slice(3).join('/');
    const path = inner === '' ? (slash ? '/' : '') : `/${inner}${slash ? '/' : ''}`;
    await admitConnection(request, resourcePath, path === '' ? {} : { path });
    const peer = this.#targets.peer(resource.definition.plural, namespace, request.name);
    const { url, method } = context.request;
    const search = new URL(url, 'http://localhost').search;
    const seen = encodePath(info.path);
    if (path === '' && (method === 'GET' || method === 'HEAD'))
      return {
        status: 301,
        headers: new Headers({ location: `${seen}/${search}` }),
        body: null,
      };
    const encoded = encodePath(path);
    return forwardRequest(
      context,
      { outbound: this.#kubelets.outbound, peer, path: encoded + search },
      seen.slice(0, seen.length - encoded.length),
    );
  }
}

async function podOf({ resource, namespace, name }: ResourceRequest): Promise<Pod> {
  const stored = await getObject(resource, namespace, name, '');
  return served(resource, stored) as unknown as Pod;
}

/** Admission of a connection looks at its options. */
async function admitConnection(
  request: ResourceRequest,
  path: string,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const body = OPTIONS[path];
  if (body === undefined) return;
  const object = {
    kind: body.definition.kind,
    apiVersion: 'v1',
    metadata: {},
    ...options,
  } as unknown as ApiObject;
  const { admission } = request.services;
  const about = {
    ...attributes(request, 'CONNECT', {
      name: request.name,
      object,
      options: {},
      dryRun: false,
    }),
    body,
  };
  const admitted = (await admission.mutate(about)) ?? object;
  await admission.validate({ ...about, object: admitted });
}

/** What a client wants of a stream, as `PodExecOptions` and its kin say it. */
function streamOptions(parameters: Parameters, subresource: string): Record<string, unknown> {
  if (subresource === 'portforward') {
    const ports = parameters.all('ports').map(Number);
    return ports.length === 0 ? {} : { ports };
  }
  const names = (Object.keys(STREAMS) as StreamName[]).filter((name) => parameters.flag(name));
  const container = parameters.text('container');
  return {
    ...Object.fromEntries(names.map((name) => [name, true])),
    ...(container === '' ? {} : { container }),
    ...(subresource === 'exec' ? { command: parameters.all('command') } : {}),
  };
}

/** The same for the kubelet, sorted by name. */
function kubeletQuery(parameters: Parameters, subresource: string): string {
  const query = new URLSearchParams();
  if (subresource === 'portforward') {
    const ports = parameters.all('ports');
    if (ports.length > 0) query.set('port', ports.join(','));
  } else {
    if (subresource === 'exec')
      for (const word of parameters.all('command')) query.append('command', word);
    for (const name of ['stderr', 'stdin', 'stdout', 'tty'] as const)
      if (parameters.flag(name)) query.set(STREAMS[name], '1');
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}
