import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import type { TokenRequest } from '../../objects/generated/authentication-v1.generated.ts';
import type {
  Pod,
  ServiceAccountTokenProjection,
} from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';

/** Seconds after which a token is replaced, however long it is valid. */
const LONGEST_USE_S = 24 * 60 * 60;
/** Share of its life after which a token is replaced. */
const USED_SHARE = 0.8;
/** Seconds by which that varies, so that not all come at once. */
const JITTER_S = 10;
/** Milliseconds until a refresh that failed is tried again. */
const RETRY_MS = 60_000;

interface Token {
  readonly token: string;
  /** UNIX milliseconds */
  readonly expires: number;
  readonly refreshAt: number;
}

/** A token, and when it is to be asked for again (UNIX milliseconds). */
export interface CurrentToken {
  readonly token: string;
  readonly refreshAt: number;
}

/**
 * Tokens of service accounts that are bound to Pods, from the API server's TokenRequest. One is replaced when 80 %
 * of its life is over, or after a day (k8s.io/kubernetes pkg/kubelet/token).
 */
export class ServiceAccountTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onError: (error: unknown) => void;
  readonly #tokens = new Map<string, Token>();

  constructor(options: {
    readonly client: Client;
    readonly clock: Clock;
    readonly random: Random;
    readonly onError: (error: unknown) => void;
  }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onError = options.onError;
  }

  /** @throws Error with upstream's message when there is none and none is given */
  async get(
    { metadata, spec }: Pod,
    { audience = '', expirationSeconds = 3600 }: ServiceAccountTokenProjection,
  ): Promise<CurrentToken> {
    const { name: podName = '', namespace = '', uid = '' } = metadata;
    const { serviceAccountName = '' } = spec;
    const key = [uid, namespace, serviceAccountName, audience, expirationSeconds].join('/');
    const known = this.#tokens.get(key);
    const now = this.#clock.now();
    if (known !== undefined && now < known.refreshAt) return known;
    try {
      const request: TokenRequest = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: {
          audiences: audience === '' ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: podName, uid },
        },
      };
      const { spec: given, status } = await this.#client.createSubresource<TokenRequest>(
        resources.serviceAccounts,
        { namespace, name: serviceAccountName },
        'token',
        request,
      );
      const expires = Date.parse(status?.expirationTimestamp ?? '');
      const token = {
        token: status?.token ?? '',
        expires,
        refreshAt: this.#refreshTime(expires, given.expirationSeconds ?? expirationSeconds),
      };
      this.#tokens.set(key, token);
      return token;
    } catch (error) {
      if (known === undefined)
        throw new Error(`failed to fetch token: ${messageOf(error)}`, { cause: error });
      if (now > known.expires)
        throw new Error(
          `token ${goQuote(serviceAccountName)}/${goQuote(namespace)} expired and refresh failed: ${messageOf(error)}`,
          { cause: error },
        );
      this.#onError(error);
      return { token: known.token, refreshAt: now + RETRY_MS };
    }
  }

  /** The Pod is gone. */
  release(podUid: string): void {
    for (const key of this.#tokens.keys())
      if (key.startsWith(`${podUid}/`)) this.#tokens.delete(key);
  }

  #refreshTime(expires: number, seconds: number): number {
    const issued = expires - seconds * 1000;
    const jitter = Math.floor(this.#random.next() * JITTER_S) * 1000;
    return issued + Math.min(LONGEST_USE_S, seconds * USED_SHARE) * 1000 - jitter;
  }
}
