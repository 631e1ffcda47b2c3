import { importPKCS8, SignJWT } from 'jose';

/** Says that a token is one that is kept in a Secret, and ends with it (upstream's `LegacyIssuer`). */
const ISSUER = 'kubernetes/serviceaccount';
const ALGORITHM = 'ES256';

export interface LegacyTokenClaims {
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly secretName: string;
}

/** A token of a service account without an end and an audience. @param key PEM, PKCS #8 */
export async function signLegacyToken(
  key: string,
  { namespace, serviceAccount, secretName }: LegacyTokenClaims,
): Promise<string> {
  const { name, uid } = serviceAccount;
  return new SignJWT({
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secretName,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
  })
    .setProtectedHeader({ alg: ALGORITHM })
    .setIssuer(ISSUER)
    .setSubject(`system:serviceaccount:${namespace}:${name}`)
    .sign(await importPKCS8(key, ALGORITHM));
}
