import { toHex } from '../../base/hex.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  X509Certificate,
} from '../../pki/x509.ts';
import { AUTHENTICATED, type UserInfo } from './user-info.ts';

/** Certificates whose judgement is remembered. */
const REMEMBERED = 1000;

interface Judgement {
  readonly user: UserInfo | undefined;
  /** UNIX milliseconds until which it holds */
  readonly until: number;
}

/**
 * Users by client certificate: the common name is the user, organizations are groups. The
 * certificate must be signed by one of the authorities, be for clients, and be valid now.
 */
export class ClientCertificates {
  readonly #authorities: readonly X509Certificate[];
  readonly #known = new Map<string, Judgement>();
  /** by the bytes that a connection holds for all its requests: a digest is a detour over another thread */
  readonly #ids = new WeakMap<Uint8Array, string>();

  /** @param authorities PEM */
  constructor(authorities: readonly string[]) {
    this.#authorities = authorities.map((pem) => new X509Certificate(pem));
  }

  /** @param chain DER, leaf first. @param now UNIX milliseconds. Undefined for a certificate that proves nothing. */
  async authenticate(
    chain: readonly Uint8Array<ArrayBuffer>[],
    now: number,
  ): Promise<UserInfo | undefined> {
    const [leaf] = chain;
    if (leaf === undefined) return undefined;
    const id = await this.#idOf(leaf);
    const known = this.#known.get(id);
    if (known !== undefined && now < known.until) return known.user;
    const judgement = await this.#judge(leaf, chain.slice(1), id, now);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(id, judgement);
    return judgement.user;
  }

  async #idOf(leaf: Uint8Array<ArrayBuffer>): Promise<string> {
    const known = this.#ids.get(leaf);
    if (known !== undefined) return known;
    const id = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', leaf)));
    this.#ids.set(leaf, id);
    return id;
  }

  async #judge(
    leaf: Uint8Array<ArrayBuffer>,
    intermediates: readonly Uint8Array<ArrayBuffer>[],
    id: string,
    now: number,
  ): Promise<Judgement> {
    const refused = { user: undefined, until: now + 60_000 };
    try {
      const certificate = new X509Certificate(leaf);
      const valid = certificate.notBefore.getTime() <= now && now < certificate.notAfter.getTime();
      const usages = certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
      const trusted = await this.#isTrusted(
        certificate,
        intermediates.map((bytes) => new X509Certificate(bytes)),
        now,
      );
      const forClients = (usages as readonly string[]).includes(ExtendedKeyUsage.clientAuth);
      const [username] = certificate.subjectName.getField('CN');
      if (!valid || !trusted || !forClients || username === undefined) return refused;
      const user: UserInfo = {
        username,
        groups: [...certificate.subjectName.getField('O'), AUTHENTICATED],
        extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${id}`] },
      };
      return { user, until: certificate.notAfter.getTime() };
    } catch {
      // What cannot be read as a certificate proves nothing.
      return refused;
    }
  }

  async #isTrusted(
    certificate: X509Certificate,
    intermediates: readonly X509Certificate[],
    now: number,
  ): Promise<boolean> {
    const signedBy = async (issuer: X509Certificate): Promise<boolean> =>
      issuer.subject === certificate.issuer &&
      (await certificate.verify({ publicKey: issuer.publicKey, date: new Date(now) }));
    for (const authority of this.#authorities) if (await signedBy(authority)) return true;
    for (const [index, issuer] of intermediates.entries()) {
      const isAuthority = issuer.getExtension(BasicConstraintsExtension)?.ca === true;
      if (!isAuthority || issuer.subject === certificate.subject || !(await signedBy(issuer)))
        continue;
      if (await this.#isTrusted(issuer, intermediates.slice(index + 1), now)) return true;
    }
    return false;
  }
}
