/** `WWW-Authenticate: Bearer realm="…",service="…"` (RFC 9110, section 11.6.1), one challenge as registries send it. */
export interface Challenge {
  /** lower case */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function readChallenge(headers: Headers): Challenge | undefined {
  const [, scheme, rest = ''] =
    /^\s*([\w-]+)\s*(.*)$/.exec(headers.get('www-authenticate') ?? '') ?? [];
  if (scheme === undefined) return undefined;
  const parameters: Record<string, string> = {};
  for (const [, name = '', quoted, bare] of rest.matchAll(
    /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g,
  ))
    parameters[name.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '';
  return { scheme: scheme.toLowerCase(), parameters };
}
