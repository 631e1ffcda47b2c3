/** Rules of roles as sentences, so that a table of them can be read. */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** `get,list on pods of core named web` or `get at /healthz`; `core` is the empty group. */
export function parseRule(text: string): PolicyRule {
  const paths = /^(\S+) at (\S+)$/.exec(text);
  if (paths !== null) {
    const [, verbs = '', urls = ''] = paths;
    return { verbs: verbs.split(','), nonResourceURLs: urls.split(',') };
  }
  const match = /^(\S+) on (\S+) of (\S+)(?: named (\S+))?$/.exec(text);
  if (match === null) throw new Error(`This is not a rule: ${text}`);
  const [, verbs = '', resources = '', groups = '', names] = match;
  return {
    verbs: verbs.split(','),
    apiGroups: groups.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
  };
}
