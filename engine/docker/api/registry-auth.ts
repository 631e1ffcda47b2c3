import { z } from 'zod';
import type { RegistryCredentials } from '../../runtime/types.ts';

/** Docker's `AuthConfig`, as `docker login` sends it and `X-Registry-Auth` carries it. */
export const authSchema = z.object({
  username: z.string().nullish(),
  password: z.string().nullish(),
  /** `username:password` in Base64, as the client's configuration file has it */
  auth: z.string().nullish(),
  serveraddress: z.string().nullish(),
  registrytoken: z.string().nullish(),
});

export function credentialsOf(auth: z.infer<typeof authSchema>): RegistryCredentials {
  const pair = decode(auth.auth ?? '') ?? '';
  const colon = pair.indexOf(':');
  const username = auth.username || pair.slice(0, Math.max(0, colon));
  const password = auth.password || (colon < 0 ? '' : pair.slice(colon + 1));
  return {
    ...(username === '' ? {} : { username, password }),
    ...(auth.registrytoken ? { registryToken: auth.registrytoken } : {}),
  };
}

/** The user that a request's `X-Registry-Auth` names. As in dockerd, what cannot be read counts as nobody. */
export function registryAuth(headers: Headers): RegistryCredentials {
  const text = decode(
    (headers.get('x-registry-auth') ?? '').replaceAll('-', '+').replaceAll('_', '/'),
  );
  try {
    return credentialsOf(authSchema.parse(JSON.parse(text ?? '')));
  } catch {
    return {};
  }
}

function decode(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}
