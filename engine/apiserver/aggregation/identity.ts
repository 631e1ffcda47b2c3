import type { UserInfo } from '../auth/user-info.ts';

const EXTRA = 'x-remote-extra-';

/** What may stand in a header's name as it is (client-go `legalHeaderByte`, but for the percent sign). */
const ILLEGAL = /[^!#$&'*+.^_`|~0-9A-Za-z-]/g;

function headerKey(key: string): string {
  return key.replaceAll(ILLEGAL, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** Without what a client says of who it is by the names that the front proxy uses. */
export function withoutIdentity(given: Headers): Headers {
  const headers = new Headers(given);
  for (const name of given.keys())
    if (name.startsWith(EXTRA) || /^x-remote-(?:user|uid|group)$/.test(name)) headers.delete(name);
  return headers;
}

/**
 * The headers (of `requestheader-…` flags) that tell a server behind this one whose request it is; it
 * believes them from who shows the front proxy's certificate.
 */
export function identityOf({
  username,
  uid = '',
  groups,
  extra = {},
}: UserInfo): Readonly<Record<string, readonly string[]>> {
  return {
    'x-remote-user': [username],
    ...(uid === '' ? {} : { 'x-remote-uid': [uid] }),
    ...(groups.length === 0 ? {} : { 'x-remote-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [EXTRA + headerKey(key), values]),
    ),
  };
}
