/** Where a group-version is served. */
export function groupVersionPath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** How a group-version is called in tags (`apps_v1`) and operations (`AppsV1`). */
export function groupTag(group: string, version: string): { name: string; id: string } {
  const words = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split(/[^a-zA-Z0-9_]/);
  const [first = '', ...rest] = words;
  const name = first + rest.map(capitalize).join('');
  const suffix = version === '' ? '' : `_${version}`;
  return { name: name + suffix, id: capitalize(name) + capitalize(version) };
}

/** `web` → `Web`. */
export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `a Pod`, `an Event`. */
export function withArticle(kind: string): string {
  // Plurals have none.
  if (kind.endsWith('s') && !kind.endsWith('ss')) return kind;
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}
