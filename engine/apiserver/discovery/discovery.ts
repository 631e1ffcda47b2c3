import type { HttpResponse } from '../../api/http-message.ts';
import { toHex } from '../../base/hex.ts';
import { noSuchPath } from '../../objects/status/status-error.ts';
import { localPriority } from '../aggregation/api-service.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import { parseAccept, negotiateOutput } from '../request/negotiation.ts';
import type { RequestContext } from '../request/request-context.ts';
import { encodedResponse } from '../request/responses.ts';
import {
  aggregatedDiscovery,
  aggregatedVersion,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from './documents.ts';

/** Versions of the aggregated document that are served. */
const AGGREGATED = ['v2', 'v2beta1'];

/** A group with versions that other servers serve behind this one. */
export interface RemoteGroup {
  readonly name: string;
  /** the higher, the sooner in the list */
  readonly priority: number;
  readonly versions: readonly GroupVersion[];
}

interface GroupVersion {
  readonly version: string;
  /** its part of the aggregated document */
  readonly document: unknown;
}

/** The version of the aggregated document a client prefers to the plain one, if it does. */
function aggregatedAsked(headers: Headers): string | undefined {
  for (const { type, subtype, parameters } of parseAccept(headers.get('accept') ?? '')) {
    if (type !== 'application' || subtype !== 'json') continue;
    const { as, g, v = '' } = parameters;
    if (as === undefined) return undefined;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && AGGREGATED.includes(v))
      return v;
  }
  return undefined;
}

async function etagOf(body: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-512', body as Uint8Array<ArrayBuffer>);
  return `"${toHex(new Uint8Array(digest)).toUpperCase()}"`;
}

/** `/api`, `/apis` and what is below them, down to the list of a group-version's resources. */
export class Discovery {
  readonly #registry: ResourceRegistry;
  readonly #serverAddress: string;
  readonly #remote: () => readonly RemoteGroup[];

  /** @param serverAddress host and port that clients inside the cluster may use */
  constructor(
    registry: ResourceRegistry,
    serverAddress: string,
    remote: () => readonly RemoteGroup[],
  ) {
    this.#registry = registry;
    this.#serverAddress = serverAddress;
    this.#remote = remote;
  }

  /** Undefined when the path is none of discovery's. Errors: `NotFound`, `NotAcceptable`. */
  async handle(context: RequestContext): Promise<HttpResponse | undefined> {
    const [root, ...rest] = context.info.path.split('/').filter((part) => part !== '');
    if (root === 'api' && rest.length === 0) return this.#core(context);
    if (root === 'api' && rest.length === 1) return this.#version(context, '', rest[0] ?? '');
    if (root !== 'apis' || rest.length > 2) return undefined;
    const [group, version] = rest;
    if (group === undefined) return this.#groups(context);
    if (version !== undefined) return this.#version(context, group, version);
    const found = this.#all().find(({ name }) => name === group);
    if (found === undefined) throw noSuchPath();
    return plain(context, apiGroup(found));
  }

  /** Groups with a name, by priority: this server's own, in their versions and others' after those. */
  #all(): readonly { readonly name: string; readonly versions: readonly GroupVersion[] }[] {
    const remote = new Map(this.#remote().map((group) => [group.name, group]));
    const own = this.#registry.groups
      .filter(({ name }) => name !== '')
      .map(({ name, versions }) => {
        const more = remote.get(name)?.versions ?? [];
        remote.delete(name);
        const isRemote = ({ version }: { readonly version: string }): boolean =>
          more.some((other) => other.version === version);
        return {
          name,
          priority: localPriority(name, '').group,
          versions: [
            ...versions
              .filter((one) => !isRemote(one))
              .map((one) => ({ version: one.version, document: aggregatedVersion(one) })),
            ...more,
          ],
        };
      });
    return [...own, ...remote.values()].toSorted((a, b) => b.priority - a.priority);
  }

  /** Paths of discovery, for the index at `/`. */
  get paths(): readonly string[] {
    const groups = this.#registry.groups.flatMap(({ name, versions }) => {
      const root = name === '' ? '/api' : `/apis/${name}`;
      return [root, ...versions.map(({ version }) => `${root}/${version}`)];
    });
    return ['/apis', '/apis/', ...groups];
  }

  #core(context: RequestContext): Promise<HttpResponse> | HttpResponse {
    const asked = aggregatedAsked(context.request.headers);
    if (asked === undefined) return plain(context, apiVersions(this.#serverAddress));
    const core = this.#registry.groups.filter(({ name }) => name === '');
    return aggregated(
      context,
      asked,
      core.map(({ name, versions }) => ({ name, versions: versions.map(aggregatedVersion) })),
    );
  }

  #groups(context: RequestContext): Promise<HttpResponse> | HttpResponse {
    const asked = aggregatedAsked(context.request.headers);
    const groups = this.#all();
    if (asked === undefined) return plain(context, apiGroupList(groups));
    return aggregated(
      context,
      asked,
      groups.map(({ name, versions }) => ({
        name,
        versions: versions.map(({ document }) => document),
      })),
    );
  }

  async #version(context: RequestContext, group: string, version: string): Promise<HttpResponse> {
    const found = this.#registry.groups
      .find(({ name }) => name === group)
      ?.versions.find((one) => one.version === version);
    if (found === undefined) throw noSuchPath();
    return plain(context, await apiResourceList(group, found));
  }
}

function plain({ request, query }: RequestContext, document: unknown): HttpResponse {
  return encodedResponse(
    200,
    document,
    negotiateOutput(request.headers, query, { transforms: [] }),
  );
}

async function aggregated(
  { request }: RequestContext,
  version: string,
  groups: readonly { readonly name: string; readonly versions: readonly unknown[] }[],
): Promise<HttpResponse> {
  const document = aggregatedDiscovery(groups, `apidiscovery.k8s.io/${version}`);
  const body = new TextEncoder().encode(`${JSON.stringify(document)}\n`);
  const etag = await etagOf(body);
  const headers = new Headers({
    'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    'cache-control': 'public',
    etag,
    vary: 'Accept',
  });
  return request.headers.get('if-none-match') === etag
    ? { status: 304, headers, body: null }
    : { status: 200, headers, body };
}
