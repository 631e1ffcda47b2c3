/** What asks a registry and leaves images alone: `/auth`, `/images/search`, `/distribution/{name}/json`. */
import { messageOf } from '../../base/message-of.ts';
import { z } from 'zod';
import { parseReference } from '../../runtime/images/reference.ts';
import { RegistryClient } from '../../runtime/registry/registry-client.ts';
import { RegistryFailure } from '../../runtime/registry/registry-failure.ts';
import { RegistrySession, registryUrl } from '../../runtime/registry/registry-session.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { ApiError, badRequest } from './api-error.ts';
import type { EngineServices } from './engine-services.ts';
import { authSchema, credentialsOf, registryAuth } from './registry-auth.ts';
import { json } from './reply.ts';
import type { Routes } from './router.ts';

/** What clients of all ages call Docker Hub when they log in. */
export const INDEX_SERVER = 'https://index.docker.io/v1/';
const HUB = 'docker.io';
const RESULTS = 25;
const MOST_RESULTS = 100;

const searchSchema = z.object({
  results: z.array(
    z.object({
      name: z.string(),
      description: z.string().nullish(),
      star_count: z.number().nullish(),
      is_official: z.boolean().nullish(),
    }),
  ),
});
const configSchema = z.looseObject({ os: z.string(), architecture: z.string() });

export function registryRoutes({ context, registry }: EngineServices): Routes {
  const { clock } = context;
  return {
    /** dockerd asks the registry whether it lets the user in; so does this. */
    'POST /auth': async (request) => {
      const auth = await request.json(authSchema);
      const address = auth.serveraddress || INDEX_SERVER;
      const domain =
        address === INDEX_SERVER ? HUB : address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      const url = `${registryUrl(domain)}/v2/`;
      try {
        const session = await RegistrySession.open({
          fetch: registry,
          clock,
          domain,
          scopes: [],
          credentials: credentialsOf(auth),
          ...signalOf(request.http.signal),
        });
        await session.checkCredentials();
      } catch (error) {
        if (!(error instanceof RegistryFailure)) throw error;
        throw new ApiError(
          error.status === 401 ? 401 : 500,
          `Get ${JSON.stringify(url)}: ${error.message}`,
          { cause: error },
        );
      }
      return json({ IdentityToken: '', Status: 'Login Succeeded' });
    },

    'GET /images/search': async (request) => {
      const filters = request.filters().allow('is-automated', 'is-official', 'stars');
      const limit = request.integer('limit') || RESULTS;
      if (limit < 1 || limit > MOST_RESULTS)
        throw badRequest(`limit ${limit} is outside the range of [1, ${MOST_RESULTS}]`);
      const stars = filters.get('stars').map((text) => {
        if (!/^-?\d+$/.test(text))
          throw badRequest(
            `invalid filter 'stars=${text}': strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
          );
        return Number(text);
      });
      if (filters.flag('is-automated') === true) return json([]);
      const found = await search(request.text('term'), limit);
      const official = filters.flag('is-official');
      return json(
        found.results
          .map((result) => ({
            star_count: result.star_count ?? 0,
            is_official: result.is_official ?? false,
            name: result.name,
            is_automated: false,
            description: result.description ?? '',
          }))
          .filter((result) => official === undefined || result.is_official === official)
          .filter((result) => stars.every((least) => result.star_count >= least)),
      );
    },

    'GET /distribution/{name*}/json': async (request) => {
      const client = await RegistryClient.open(parseReference(request.parameter('name')), {
        fetch: registry,
        clock,
        credentials: registryAuth(request.http.headers),
        ...signalOf(request.http.signal),
      });
      const { descriptor, manifest } = await client.resolve();
      const platforms = manifest.manifests?.flatMap(({ platform }) => platform ?? []) ?? [];
      if (manifest.config) {
        const config = await new Response(
          (await client.blob(manifest.config)) as ReadableStream<Uint8Array<ArrayBuffer>>,
        ).json();
        const { os, architecture } = configSchema.parse(config);
        platforms.push({ os, architecture });
      }
      const { mediaType, digest, size } = descriptor;
      return json({ Descriptor: { mediaType, digest, size }, Platforms: platforms });
    },
  };

  /** One page of a registry's index, which is what `docker search` shows. */
  async function search(term: string, limit: number): Promise<z.infer<typeof searchSchema>> {
    if (term.includes('://'))
      throw badRequest(
        `invalid repository name: repository name (${term}) should not have a scheme`,
      );
    const [first = '', ...rest] = term.split('/');
    const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
    const base =
      isHost && first !== HUB ? `${registryUrl(first)}/v1/` : 'https://index.docker.io/v1/';
    const query = (isHost ? rest.join('/') : term).replace(/^library\//, '');
    const url = `${base}search?${new URLSearchParams({ q: query, n: String(limit) })}`;
    let response;
    try {
      response = await registry({ method: 'GET', url, headers: new Headers(), body: null });
    } catch (error) {
      throw new RuntimeError('REGISTRY', `Get ${JSON.stringify(url)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    const text = await new Response(response.body as BodyInit | null).text();
    if (response.status !== 200)
      throw new RuntimeError('REGISTRY', `Unexpected status code ${response.status}`);
    return searchSchema.parse(JSON.parse(text));
  }
}

function signalOf(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
