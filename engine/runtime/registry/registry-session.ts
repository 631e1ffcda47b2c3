import { messageOf } from '../../base/message-of.ts';
import { z } from 'zod';
import type { HttpResponse } from '../../api/http-message.ts';
import type { Clock } from '../../base/clock.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { RegistryCredentials, RegistryFetch, RegistryOptions } from '../types.ts';
import { readChallenge, type Challenge } from './challenge.ts';
import { readFailure, textOf } from './registry-failure.ts';

/** Docker Hub's registry answers under this name; references say docker.io. */
const HUB_HOST = 'registry-1.docker.io';
/** A token without a lifetime of its own is good for this long (distribution project's specification). */
const TOKEN_LIFETIME_S = 60;

const tokenSchema = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().nullish(),
});

/** How registries are reached, and in whose name. */
export interface RegistryAccess extends RegistryOptions {
  readonly fetch: RegistryFetch;
  readonly clock: Clock;
}

export interface SessionOptions extends RegistryAccess {
  /** as references name it: `docker.io`, `localhost:5000` */
  readonly domain: string;
  /** `repository:library/nginx:pull`; none to find out only whether the credentials are good */
  readonly scopes: readonly string[];
}

export interface RegistryRequest {
  readonly method?: string;
  /** below the registry's root, with its slash: `/v2/library/nginx/tags/list`; or absolute, from a `Location` */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ReadableStream<Uint8Array> | Uint8Array;
}

/** The base URL of a registry. Loopback registries may go without TLS, as dockerd's insecure registries do. */
export function registryUrl(domain: string): string {
  if (domain === 'docker.io') return `https://${HUB_HOST}`;
  const { hostname } = new URL(`http://${domain}`);
  const isLoopback =
    hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]';
  return `${isLoopback ? 'http' : 'https'}://${domain}`;
}

/**
 * Requests to one registry in the name of one user. Learns from the answer to `GET /v2/` how the registry wants
 * its users to show themselves, and gets a token when it wants one.
 */
export class RegistrySession {
  readonly #options: SessionOptions;
  readonly #base: string;
  readonly #challenge: Challenge | undefined;
  #token: { readonly value: string; readonly renewAt: number } | undefined;

  private constructor(options: SessionOptions, base: string, challenge: Challenge | undefined) {
    this.#options = options;
    this.#base = base;
    this.#challenge = challenge;
  }

  /** Throws REGISTRY in dockerd's words when the registry cannot be reached. */
  static async open(options: SessionOptions): Promise<RegistrySession> {
    const { fetch, signal, domain } = options;
    const base = registryUrl(domain);
    const url = `${base}/v2/`;
    let answer: HttpResponse;
    try {
      answer = await fetch(request(url, { path: '' }, new Headers(), signal));
      await discard(answer);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const reason = messageOf(error);
      throw new RuntimeError('REGISTRY', `Get ${JSON.stringify(url)}: ${reason}`, { cause: error });
    }
    const challenge = answer.status === 401 ? readChallenge(answer.headers) : undefined;
    return new RegistrySession(options, base, challenge);
  }

  /** Whether the registry takes the credentials. Throws `RegistryFailure` when it does not. */
  async checkCredentials(): Promise<void> {
    await discard(await this.send({ path: '/v2/' }));
  }

  /** Resolves with a success. Throws `RegistryFailure`; its message tells of the request as dockerd's does. */
  async send(wanted: RegistryRequest): Promise<HttpResponse> {
    const response = await this.#attempt(wanted);
    if (response.status < 400) return response;
    throw await readFailure(response);
  }

  async #attempt(wanted: RegistryRequest): Promise<HttpResponse> {
    const { fetch, signal } = this.#options;
    const url = new URL(wanted.path, this.#base).href;
    const headers = new Headers(wanted.headers);
    const authorization = await this.#authorization();
    // A `Location` may lead elsewhere; what opens this registry must not go there.
    if (authorization !== undefined && url.startsWith(`${this.#base}/`))
      headers.set('authorization', authorization);
    return fetch(request(url, wanted, headers, signal));
  }

  async #authorization(): Promise<string | undefined> {
    const { credentials } = this.#options;
    if (credentials?.registryToken) return `Bearer ${credentials.registryToken}`;
    switch (this.#challenge?.scheme) {
      case 'bearer':
        return `Bearer ${await this.#freshToken(this.#challenge)}`;
      case 'basic':
        return basic(credentials);
      default:
        return undefined;
    }
  }

  async #freshToken(challenge: Challenge): Promise<string> {
    const { clock } = this.#options;
    if (this.#token === undefined || clock.now() >= this.#token.renewAt) {
      const { value, lifetime } = await this.#requestToken(challenge);
      // In good time: what begins with a token may take long.
      this.#token = { value, renewAt: clock.now() + (lifetime * 1000) / 2 };
    }
    return this.#token.value;
  }

  async #requestToken(
    challenge: Challenge,
  ): Promise<{ readonly value: string; readonly lifetime: number }> {
    const { fetch, credentials, scopes, signal } = this.#options;
    const { realm, service } = challenge.parameters;
    if (realm === undefined || !URL.canParse(realm))
      throw new RuntimeError('REGISTRY', 'no realm specified for token auth challenge');
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set('service', service);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const headers = new Headers();
    const authorization = basic(credentials);
    if (authorization !== undefined) {
      headers.set('authorization', authorization);
      url.searchParams.set('account', credentials?.username ?? '');
    }
    const response = await fetch(request(url.href, { path: '' }, headers, signal));
    if (response.status >= 400) throw await readFailure(response);
    const answer = tokenSchema.safeParse(JSON.parse(await textOf(response)));
    const value = answer.data?.token ?? answer.data?.access_token;
    if (!value)
      throw new RuntimeError(
        'REGISTRY',
        'authorization server did not include a token in the response',
      );
    return { value, lifetime: answer.data?.expires_in ?? TOKEN_LIFETIME_S };
  }
}

function basic(credentials: RegistryCredentials | undefined): string | undefined {
  if (!credentials?.username) return undefined;
  const bytes = new TextEncoder().encode(`${credentials.username}:${credentials.password ?? ''}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function request(
  url: string,
  { method = 'GET', body }: RegistryRequest,
  headers: Headers,
  signal: AbortSignal | undefined,
): Parameters<RegistryFetch>[0] {
  if (body instanceof Uint8Array) headers.set('content-length', String(body.length));
  return {
    method,
    url,
    headers,
    body:
      body instanceof Uint8Array
        ? new Blob([body as Uint8Array<ArrayBuffer>]).stream()
        : (body ?? null),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Reads an answer that is of no interest, so that its connection is free. */
export async function discard({ body }: HttpResponse): Promise<void> {
  if (body instanceof ReadableStream) await body.cancel();
}
