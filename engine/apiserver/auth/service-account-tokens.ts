import { decodeJwt, importPKCS8, importSPKI, jwtVerify, SignJWT, exportJWK, errors } from 'jose';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { newUid } from '../registry/create.ts';
import type { Lister } from '../registry/lister.ts';
import { serviceAccountUser, type UserInfo } from './user-info.ts';

const ALGORITHM = 'ES256';

export interface TokenKeys {
  /** PEM, PKCS #8 */
  readonly key: string;
  /** PEM, SPKI */
  readonly publicKey: string;
}

/** An object whose end ends a token bound to it. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  /** seconds */
  readonly expiresIn: number;
  readonly bound?: BoundObject;
  /** of the node that a bound Pod runs on */
  readonly node?: BoundObject;
  /** seconds after which a client should have asked for another */
  readonly warnAfter?: number;
}

interface PrivateClaims {
  readonly namespace?: string;
  readonly serviceaccount?: { readonly name: string; readonly uid: string };
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly secret?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
}

export interface TokenListers {
  readonly serviceAccounts: Lister;
  readonly pods: Lister;
  readonly secrets: Lister;
  readonly nodes: Lister;
}

export interface ServiceAccountTokenOptions {
  readonly keys: TokenKeys;
  readonly issuer: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly listers: TokenListers;
}

/** A token that was found good. */
export interface VerifiedToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** Makes and verifies the tokens of service accounts: JWTs bound to an audience, a time and an object. */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly #options: ServiceAccountTokenOptions;
  #privateKey: Promise<CryptoKey> | undefined;
  #publicKey: Promise<CryptoKey> | undefined;
  #keyId: Promise<string> | undefined;

  constructor(options: ServiceAccountTokenOptions) {
    this.#options = options;
    this.issuer = options.issuer;
  }

  /** @returns the token, and when it expires (UNIX seconds) */
  async sign(claims: TokenClaims): Promise<{ readonly token: string; readonly expires: number }> {
    const { clock, random, keys } = this.#options;
    this.#privateKey ??= importPKCS8(keys.key, ALGORITHM);
    const now = Math.floor(clock.now() / 1000);
    const expires = now + claims.expiresIn;
    const reference = ({ name, uid }: BoundObject): object => ({ name, uid });
    const { bound, node, warnAfter } = claims;
    const token = await new SignJWT({
      'kubernetes.io': {
        namespace: claims.namespace,
        ...(node === undefined ? {} : { node: reference(node) }),
        ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: reference(bound) }),
        serviceaccount: { name: claims.name, uid: claims.uid },
        ...(warnAfter === undefined ? {} : { warnafter: now + warnAfter }),
      },
    })
      .setProtectedHeader({ alg: ALGORITHM, kid: await this.#id() })
      .setAudience([...claims.audiences])
      .setExpirationTime(expires)
      .setIssuedAt(now)
      .setIssuer(this.issuer)
      .setJti(newUid(random))
      .setNotBefore(now)
      .setSubject(`system:serviceaccount:${claims.namespace}:${claims.name}`)
      .sign(await this.#privateKey);
    return { token, expires };
  }

  /** Whether a text is a token of ours at all, good or not. */
  isOurs(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.issuer;
    } catch {
      return false;
    }
  }

  /**
   * The user a token stands for, if it is good for one of `audiences` now: signed by us, not
   * expired, and its service account and bound object still there. Undefined otherwise.
   */
  async verify(token: string, audiences: readonly string[]): Promise<VerifiedToken | undefined> {
    const { clock, keys } = this.#options;
    this.#publicKey ??= importSPKI(keys.publicKey, ALGORITHM);
    try {
      const { payload } = await jwtVerify(token, await this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: this.issuer,
        audience: [...audiences],
        currentDate: new Date(clock.now()),
      });
      const own = payload['kubernetes.io'] as PrivateClaims | undefined;
      const user = this.#userOf(own ?? {}, payload.jti ?? '');
      const given = payload.aud ?? [];
      const named = typeof given === 'string' ? [given] : given;
      return user === undefined
        ? undefined
        : { user, audiences: audiences.filter((audience) => named.includes(audience)) };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  /** The public key as clients outside the cluster fetch it (OpenID Connect discovery). */
  async keySet(): Promise<unknown> {
    const key = await importSPKI(this.#options.keys.publicKey, ALGORITHM, { extractable: true });
    const jwk = await exportJWK(key);
    return { keys: [{ use: 'sig', ...jwk, kid: await this.#id(), alg: ALGORITHM }] };
  }

  configuration(keySetUri: string): unknown {
    return {
      issuer: this.issuer,
      jwks_uri: keySetUri,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [ALGORITHM],
    };
  }

  #userOf(claims: PrivateClaims, id: string): UserInfo | undefined {
    const { serviceAccounts, pods, secrets, nodes } = this.#options.listers;
    const { namespace = '', serviceaccount, pod, secret, node } = claims;
    if (serviceaccount === undefined) return undefined;
    const alive = (
      lister: Lister,
      within: string,
      reference: { readonly name: string; readonly uid: string } | undefined,
    ): boolean =>
      reference === undefined || lister.get(within, reference.name)?.metadata.uid === reference.uid;
    const holds =
      alive(serviceAccounts, namespace, serviceaccount) &&
      alive(pods, namespace, pod) &&
      alive(secrets, namespace, secret) &&
      (pod !== undefined || alive(nodes, '', node));
    if (!holds) return undefined;
    const extra = {
      ...(id === '' ? {} : { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] }),
      ...(node === undefined
        ? {}
        : {
            'authentication.kubernetes.io/node-name': [node.name],
            'authentication.kubernetes.io/node-uid': [node.uid],
          }),
      ...(pod === undefined
        ? {}
        : {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          }),
    };
    return serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid, extra);
  }

  /** Upstream's: SHA-256 of the public key's DER in base64 for URLs. */
  #id(): Promise<string> {
    this.#keyId ??= (async () => {
      const der = this.#options.keys.publicKey.replaceAll(/-----[^-]+-----|\s/g, '');
      const bytes = Uint8Array.from(atob(der), (character) => character.codePointAt(0) ?? 0);
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return btoa(String.fromCodePoint(...hash))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '');
    })();
    return this.#keyId;
  }
}
