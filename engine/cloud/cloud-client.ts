import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import { readAll } from '../http/index.ts';
import {
  CloudError,
  type LoadBalancer,
  type LoadBalancerWish,
  type Machine,
  type Route,
} from './simulator/cloud-state.ts';

/** The way to a cloud's API. */
export type CloudTransport = (request: HttpRequest) => Promise<HttpResponse | { status: number }>;

/** Names machines and load balancers by what the cloud calls them. */
const SCHEME = 'drydock://';

export function providerId({ zone, id }: Machine): string {
  return `${SCHEME}${zone}/${id}`;
}

/** What this cloud's controllers ask of it. @throws CloudError for what it refuses */
export class CloudClient {
  readonly #transport: CloudTransport;

  constructor(transport: CloudTransport) {
    this.#transport = transport;
  }

  /** The machine that a Node is, by its provider's name for it or else by its own; undefined when there is none. */
  async machineOf(node: {
    readonly name: string;
    readonly providerId: string | undefined;
  }): Promise<Machine | undefined> {
    const { name, providerId: id = '' } = node;
    if (id !== '') {
      if (!id.startsWith(SCHEME))
        throw new CloudError('Invalid', `${id} is not a machine of this cloud.`);
      return this.#unlessGone<Machine>(
        `/machines/${encodeURIComponent(id.split('/').at(-1) ?? '')}`,
      );
    }
    const list = await this.#send<{ readonly items: readonly Machine[] }>(
      'GET',
      `/machines?name=${encodeURIComponent(name)}`,
    );
    return list.items[0];
  }

  async routes(): Promise<readonly Route[]> {
    return (await this.#send<{ readonly items: readonly Route[] }>('GET', '/routes')).items;
  }

  createRoute(route: Omit<Route, 'id'>): Promise<Route> {
    return this.#send('POST', '/routes', route);
  }

  async deleteRoute(id: string): Promise<void> {
    await this.#send('DELETE', `/routes/${encodeURIComponent(id)}`);
  }

  loadBalancer(name: string): Promise<LoadBalancer | undefined> {
    return this.#unlessGone(`/load-balancers/${encodeURIComponent(name)}`);
  }

  putLoadBalancer(name: string, wish: LoadBalancerWish): Promise<LoadBalancer> {
    return this.#send('PUT', `/load-balancers/${encodeURIComponent(name)}`, wish);
  }

  /** Also when there is none. */
  async deleteLoadBalancer(name: string): Promise<void> {
    try {
      await this.#send('DELETE', `/load-balancers/${encodeURIComponent(name)}`);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async #unlessGone<Item>(path: string): Promise<Item | undefined> {
    try {
      return await this.#send<Item>('GET', path);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  async #send<Result>(method: string, path: string, body?: object): Promise<Result> {
    const bytes = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
    const response = await this.#transport({
      method,
      url: `http://cloud${path}`,
      headers: new Headers(bytes === null ? {} : { 'content-type': 'application/json' }),
      body: bytes === null ? null : new Blob([bytes]).stream(),
    });
    const content = 'body' in response ? response.body : null;
    const all = content instanceof ReadableStream ? await readAll(content) : content;
    const answer: unknown = JSON.parse(new TextDecoder().decode(all ?? new Uint8Array()) || '{}');
    if (response.status < 300) return answer as Result;
    const { code = 'Fault', message = `HTTP status ${response.status}` } =
      (
        answer as {
          readonly error?: { readonly code?: CloudError['code']; readonly message?: string };
        }
      ).error ?? {};
    throw new CloudError(code, message, response.status);
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof CloudError && error.code === 'NotFound';
