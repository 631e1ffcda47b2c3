/** The upstream release in a Debian version, as tags name it. Throws when there is none. */
export function releaseOf(version: string): {
  readonly full: string;
  readonly minor: string;
  readonly major: string;
} {
  const match = /^(?:\d+:)?((\d+)\.\d+)(?:\.\d+)?/.exec(version);
  const [full, minor = '', major = ''] = match ?? [];
  if (full === undefined) throw new Error(`cannot read the release in ${version}`);
  return { full: full.replace(/^\d+:/, ''), minor, major };
}
