import type { SigningTerms } from '../../pki/certificate-request.ts';

/** Milliseconds. Clocks may differ by this much. */
const BACKDATE = 300_000;
/** For a certificate that holds for a shorter time, backdating is not taken off. */
const SHORT = 8 * 3_600_000;
/** The shortest that may be asked for. */
const LEAST = 600_000;

/** Flags of RFC 5280, 4.2.1.3, by the names of certificates.k8s.io. */
const keyUsages: Readonly<Record<string, number>> = {
  signing: 1,
  'digital signature': 1,
  'content commitment': 2,
  'key encipherment': 4,
  'data encipherment': 8,
  'key agreement': 16,
  'cert sign': 32,
  'crl sign': 64,
  'encipher only': 128,
  'decipher only': 256,
};

/** In the order in which a certificate lists them. */
const extendedKeyUsages = new Map([
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'],
  ['netscape sgc', '2.16.840.1.113730.4.1'],
]);

/**
 * What a certificate says beside its subject. @param longest milliseconds; @param expiration seconds
 * that the request asks for; @param signerExpiry UNIX milliseconds until which the signer may sign;
 * @throws Error when the signer has expired
 */
export function signingTerms(
  usages: readonly string[],
  expiration: number | undefined,
  longest: number,
  signerExpiry: number,
  now: number,
): SigningTerms {
  const wanted = expiration === undefined ? longest : expiration * 1000;
  const duration = wanted > longest ? longest : Math.max(wanted, LEAST);
  const notBefore = now - BACKDATE;
  const notAfter = now + (duration < SHORT ? duration : duration - BACKDATE);
  if (now >= signerExpiry)
    throw new Error(
      `refusing to sign a certificate that expired in the past: NotAfter=${new Date(signerExpiry).toISOString()}`,
    );
  const listed = [...extendedKeyUsages].filter(([usage]) => usages.includes(usage));
  return {
    keyUsages: usages.reduce((flags, usage) => flags | (keyUsages[usage] ?? 0), 0),
    extendedKeyUsages: [...new Set(listed.map(([, identifier]) => identifier))],
    notBefore,
    notAfter: Math.min(notAfter, signerExpiry),
  };
}
