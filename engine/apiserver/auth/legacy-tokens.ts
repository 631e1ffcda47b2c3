import { decodeJwt, errors, importSPKI, jwtVerify } from 'jose';
import type { Clock } from '../../base/clock.ts';
import type { Lister } from '../registry/lister.ts';
import type { TokenKeys } from './service-account-tokens.ts';
import { parseServiceAccount, serviceAccountUser, type UserInfo } from './user-info.ts';

const ISSUER = 'kubernetes/serviceaccount';
const ALGORITHM = 'ES256';
const CLAIM = 'kubernetes.io/serviceaccount';
/** Says on a Secret that its token counts no longer. */
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

export interface LegacyTokenOptions {
  readonly keys: TokenKeys;
  readonly clock: Clock;
  readonly secrets: Lister;
  readonly serviceAccounts: Lister;
}

/**
 * Tokens that are kept in Secrets of type `kubernetes.io/service-account-token`: without an end, and
 * good as long as the Secret has them (upstream's `legacyValidator`, without its label of the last use).
 */
export class LegacyTokens {
  readonly #options: LegacyTokenOptions;
  #publicKey: Promise<CryptoKey> | undefined;

  constructor(options: LegacyTokenOptions) {
    this.#options = options;
  }

  /** Whether a text is such a token at all, good or not. */
  isOne(token: string): boolean {
    try {
      return decodeJwt(token).iss === ISSUER;
    } catch {
      return false;
    }
  }

  /** Whose token it is; undefined when it is not good. */
  async verify(token: string): Promise<UserInfo | undefined> {
    const { keys, clock, secrets, serviceAccounts } = this.#options;
    this.#publicKey ??= importSPKI(keys.publicKey, ALGORITHM);
    try {
      const { payload } = await jwtVerify(token, await this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        currentDate: new Date(clock.now()),
      });
      const { namespace, name } = parseServiceAccount(payload.sub ?? '') ?? {};
      if (namespace === undefined || name === undefined) return undefined;
      if (payload[`${CLAIM}/namespace`] !== namespace) return undefined;
      if (payload[`${CLAIM}/service-account.name`] !== name) return undefined;
      const secret = secrets.get(namespace, String(payload[`${CLAIM}/secret.name`]));
      const account = serviceAccounts.get(namespace, name);
      if (secret === undefined || account === undefined) return undefined;
      const data = secret['data'] as Readonly<Record<string, string>> | undefined;
      const holds =
        data?.['token'] === btoa(token) &&
        secret.metadata.deletionTimestamp === undefined &&
        (secret.metadata.labels?.[INVALID_SINCE] ?? '') === '' &&
        account.metadata.deletionTimestamp === undefined &&
        account.metadata.uid === payload[`${CLAIM}/service-account.uid`];
      return holds ? serviceAccountUser(namespace, name, account.metadata.uid ?? '') : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
