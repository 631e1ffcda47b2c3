import type { HttpRequest } from '../../api/http-message.ts';
import type { Clock } from '../../base/clock.ts';
import { unauthorized } from '../../objects/status/status-error.ts';
import type { Lister } from '../registry/lister.ts';
import type { Connection } from '../request/request-context.ts';
import { bootstrapTokenUser } from './bootstrap-tokens.ts';
import type { ClientCertificates } from './client-certificates.ts';
import type { LegacyTokens } from './legacy-tokens.ts';
import type { ServiceAccountTokens, VerifiedToken } from './service-account-tokens.ts';
import { anonymous, type UserInfo, withAuthenticated } from './user-info.ts';

export interface AuthenticatorOptions {
  readonly certificates: ClientCertificates;
  readonly tokens: ServiceAccountTokens;
  readonly legacyTokens: LegacyTokens;
  /** users by fixed token, as `--token-auth-file` has them */
  readonly staticTokens: ReadonlyMap<string, UserInfo>;
  readonly secrets: Lister;
  /** audiences that tokens for this server have; the issuer's is enough */
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

/** The token after `Bearer`; the word's case does not count. */
function bearerToken(headers: Headers): string | undefined {
  const [scheme = '', token] = (headers.get('authorization') ?? '').trim().split(/\s+/);
  return scheme.toLowerCase() === 'bearer' ? (token ?? '') : undefined;
}

/** Finds out who makes a request: by client certificate, by bearer token, or nobody known. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Errors: `Unauthorized` for credentials that are there and are not good. */
  async authenticate(request: HttpRequest, connection: Connection): Promise<UserInfo> {
    const { certificates, clock, audiences } = this.#options;
    const { clientCertificates: chain, user } = connection;
    if (user !== undefined) return user;
    const token = bearerToken(request.headers);
    const byCertificate = await certificates.authenticate(chain, clock.now());
    if (byCertificate !== undefined) return byCertificate;
    if (token === undefined) {
      if (chain.length > 0) throw unauthorized();
      return anonymous;
    }
    const verified = await this.verifyToken(token, audiences);
    if (verified === undefined) throw unauthorized();
    return verified.user;
  }

  /** Whose token of any kind it is, and for whom it is meant; undefined when it is not good. */
  async verifyToken(
    token: string,
    audiences: readonly string[],
  ): Promise<VerifiedToken | undefined> {
    const verified = await this.#lookUp(token, audiences);
    return verified === undefined
      ? undefined
      : { ...verified, user: withAuthenticated(verified.user) };
  }

  async #lookUp(token: string, audiences: readonly string[]): Promise<VerifiedToken | undefined> {
    const { staticTokens, tokens, legacyTokens, secrets, clock } = this.#options;
    const fixed = staticTokens.get(token);
    if (fixed !== undefined) return { user: fixed, audiences: [] };
    if (tokens.isOurs(token)) return tokens.verify(token, audiences);
    const user = legacyTokens.isOne(token)
      ? await legacyTokens.verify(token)
      : bootstrapTokenUser(secrets, token, clock.now());
    return user === undefined ? undefined : { user, audiences: [] };
  }
}
