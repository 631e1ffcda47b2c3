import type { Random } from '../base/random.ts';
import { ALGORITHM, serialNumber, signingKey, type KeyPair } from './certificates.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from './x509.ts';

/** What a request for a certificate (PKCS #10) says of who asks. */
export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

function alternativeNames(request: Pkcs10CertificateRequest) {
  const extension = request.extensions.find(
    (each) => each instanceof SubjectAlternativeNameExtension,
  );
  return extension?.names.items ?? [];
}

/** Reads a request. @param pem of type CERTIFICATE REQUEST. Throws for what is none. */
export function readRequest(pem: string): RequestedSubject {
  const request = new Pkcs10CertificateRequest(PemConverter.decodeFirst(pem));
  const valuesOf = (type: string): string[] =>
    alternativeNames(request)
      .filter((name) => name.type === type)
      .map(({ value }) => value);
  const name = request.subjectName;
  return {
    commonName: name.getField('CN').at(-1) ?? '',
    organizations: name.getField('O'),
    dnsNames: valuesOf('dns'),
    ipAddresses: valuesOf('ip'),
    emailAddresses: valuesOf('email'),
    uris: valuesOf('url'),
  };
}

/** What the signer says of a certificate. */
export interface SigningTerms {
  /** flags of RFC 5280, 4.2.1.3 */
  readonly keyUsages: number;
  /** object identifiers */
  readonly extendedKeyUsages: readonly string[];
  /** UNIX milliseconds */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** UNIX milliseconds until which an authority may sign. */
export function expiryOf(certificate: string): number {
  return new X509Certificate(certificate).notAfter.getTime();
}

/**
 * A certificate, PEM, for the key that a request proves to hold: its subject and names, and none of
 * the extensions it asks for. Throws when it proves nothing.
 */
export async function signRequest(
  authority: KeyPair,
  pem: string,
  { keyUsages, extendedKeyUsages, notBefore, notAfter }: SigningTerms,
  random: Random,
): Promise<string> {
  const request = new Pkcs10CertificateRequest(PemConverter.decodeFirst(pem));
  if (!(await request.verify()))
    throw new Error('unable to verify certificate request signature: it is not of its key');
  const issuer = new X509Certificate(authority.certificate);
  const names = alternativeNames(request).map((name) => name.toJSON());
  const extensions: Extension[] = [
    ...(keyUsages === 0 ? [] : [new KeyUsagesExtension(keyUsages, true)]),
    ...(extendedKeyUsages.length === 0
      ? []
      : [new ExtendedKeyUsageExtension([...extendedKeyUsages])]),
    new BasicConstraintsExtension(false, undefined, true),
    ...(issuer.getExtension(SubjectKeyIdentifierExtension) === null
      ? []
      : [await AuthorityKeyIdentifierExtension.create(issuer)]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    subject: request.subjectName.toJSON(),
    issuer: issuer.subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingKey: await signingKey(authority),
    publicKey: request.publicKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  return `${certificate.toString('pem')}\n`;
}
