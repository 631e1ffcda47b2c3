/**
 * Docker's token authentication (distribution project, "Token Authentication Specification" and
 * "Oauth2 Token Authentication"): a client that meets a Bearer challenge asks `/token` for a JWT that
 * names what it may do, and shows it to the registry.
 */
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { uuid } from '../base/uuid.ts';
import { type Access, accessSchema, formatScope, grant, parseScopes } from './access.ts';
import type { Accounts } from './accounts.ts';
import { RegistryError } from './registry-error.ts';
import { readAtMost } from './read-at-most.ts';
import { json } from './reply.ts';

const SERVICE = 'registry.docker.io';
const ISSUER = 'auth.docker.io';
/** As Docker Hub's. */
const LIFETIME_S = 300;
const LONGEST_FORM = 64 * 1024;
/** Docker Hub's tokens are issued elsewhere. */
const isDockerHub = (host: string): boolean => /^(?:[\w-]+\.)?docker\.io$/.test(host);
/** Names that are reached over TLS; what has a port, or an address, is not. */
const isPublicName = (host: string): boolean => /^[a-z][\w-]*(?:\.[\w-]+)+$/.test(host);

/** A name or an address, and a port. */
const hostPattern = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

const payloadSchema = z.object({ access: z.array(accessSchema) });

export interface TokenServiceOptions {
  /** without them everybody is nobody in particular, whatever they call themselves */
  readonly accounts?: Accounts;
  readonly exists: (repository: string) => Promise<boolean>;
  /** Of this process: tokens live five minutes, and clients get new ones when theirs are refused. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
}

export class TokenService {
  readonly #options: TokenServiceOptions;

  constructor(options: TokenServiceOptions) {
    this.#options = options;
  }

  /** `GET` with Basic credentials or none, or `POST` of an OAuth2 form. Throws UNAUTHORIZED for wrong credentials. */
  async answer(request: HttpRequest): Promise<HttpResponse> {
    const isForm = request.method === 'POST';
    const parameters = isForm ? await readForm(request) : new URL(request.url).searchParams;
    const credentials = isForm
      ? { name: parameters.get('username') ?? '', password: parameters.get('password') ?? '' }
      : basicCredentials(request.headers.get('authorization'));
    if (isForm && parameters.get('grant_type') !== 'password')
      throw new RegistryError('UNSUPPORTED');
    const { accounts, clock } = this.#options;
    if (
      credentials !== undefined &&
      accounts !== undefined &&
      !(await accounts.logIn(credentials.name, credentials.password))
    )
      return json({ details: 'incorrect username or password' }, {}, 401);
    const asked = parameters.getAll('scope').flatMap(parseScopes);
    const token = await this.#issue(accounts && credentials?.name, asked);
    const issued = clock.now();
    return json({
      token,
      access_token: token,
      expires_in: LIFETIME_S,
      issued_at: new Date(issued).toISOString(),
      ...(isForm ? { scope: asked.map(formatScope).join(' ') } : {}),
    });
  }

  /** Throws UNAUTHORIZED with the challenge that tells the client where to get a token for `wanted`. */
  async check(request: HttpRequest, wanted: readonly Access[]): Promise<void> {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    if (token === undefined) throw challenge(request, wanted);
    const granted = await this.#accessIn(token);
    if (granted === undefined) throw challenge(request, wanted, 'invalid_token');
    if (!wanted.every((one) => covers(granted, one)))
      throw challenge(request, wanted, 'insufficient_scope');
  }

  async #issue(user: string | undefined, asked: readonly Access[]): Promise<string> {
    const { exists, clock, random } = this.#options;
    const existing = new Set<string>();
    for (const { type, name } of asked)
      if (type === 'repository' && (await exists(name))) existing.add(name);
    const access = asked
      .map((one) => grant(user, one, (name) => existing.has(name)))
      .filter(({ actions }) => actions.length > 0);
    const now = Math.floor(clock.now() / 1000);
    return new SignJWT({ access })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(SERVICE)
      .setSubject(user ?? '')
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + LIFETIME_S)
      .setJti(uuid(random))
      .sign(this.#options.key);
  }

  /** What a token grants; undefined when it is not one of ours, or out of date. */
  async #accessIn(token: string): Promise<readonly Access[] | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#options.key, {
        algorithms: ['HS256'],
        audience: SERVICE,
        issuer: ISSUER,
        currentDate: new Date(this.#options.clock.now()),
      });
      return payloadSchema.parse(payload).access;
    } catch {
      return undefined;
    }
  }
}

function covers(granted: readonly Access[], { type, name, actions }: Access): boolean {
  return actions.every((action) =>
    granted.some((one) => one.type === type && one.name === name && one.actions.includes(action)),
  );
}

function challenge(
  request: HttpRequest,
  wanted: readonly Access[],
  error?: 'invalid_token' | 'insufficient_scope',
): RegistryError {
  const parts = [`realm="${realmOf(request)}"`, `service="${SERVICE}"`];
  if (wanted.length > 0) parts.push(`scope="${wanted.map(formatScope).join(' ')}"`);
  if (error !== undefined) parts.push(`error="${error}"`);
  const detail = wanted.flatMap(({ type, name, actions }) =>
    actions.map((action) => ({ Type: type, Class: '', Name: name, Action: action })),
  );
  return new RegistryError('UNAUTHORIZED', detail, {
    headers: { 'www-authenticate': `Bearer ${parts.join(',')}` },
  });
}

/** Docker Hub's tokens come from a host of their own; elsewhere the registry issues them itself. */
function realmOf(request: HttpRequest): string {
  const host = request.headers.get('host') ?? new URL(request.url).host;
  const own = hostPattern.test(host) ? host : 'localhost';
  if (isDockerHub(own)) return `https://${ISSUER}/token`;
  return `${isPublicName(own) ? 'https' : 'http'}://${own}/token`;
}

function basicCredentials(
  header: string | null,
): { readonly name: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +(\S+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    const colon = text.indexOf(':');
    return colon < 0
      ? { name: text, password: '' }
      : { name: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return { name: '', password: '' };
  }
}

async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  const bytes = await readAtMost(request.body, LONGEST_FORM);
  return new URLSearchParams(new TextDecoder().decode(bytes));
}
