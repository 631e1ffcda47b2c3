import { RuntimeError } from '../runtime-error.ts';

/** OCI `process.user` with the home directory. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** with `gid` as the first, so that a program cannot get rid of what its group is refused (CVE-2022-36109) */
  readonly additionalGids: readonly number[];
  readonly home: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Finds `user[:group]` as Docker does: names in the container's own passwd(5) and group(5), numbers
 * also without an entry. Throws INVALID with Docker's message.
 */
export function resolveUser(
  spec: string,
  passwd: string,
  group: string,
  groupAdd: readonly string[] = [],
): ResolvedUser {
  const users = parsePasswd(passwd);
  const groups = parseGroup(group);
  const colon = spec.indexOf(':');
  const userText = (colon < 0 ? spec : spec.slice(0, colon)) || '0';
  const groupText = colon < 0 ? '' : spec.slice(colon + 1);

  const entry =
    users.find((user) => user.name === userText) ??
    users.find((user) => String(user.uid) === userText);
  if (entry === undefined && !isId(userText)) {
    throw new RuntimeError(
      'INVALID',
      `unable to find user ${userText}: no matching entries in passwd file`,
      { exitCode: 125 },
    );
  }
  const uid = entry?.uid ?? Number(userText);
  const gid = groupText === '' ? (entry?.gid ?? 0) : findGroup(groupText, groups);
  const memberships =
    groupText === '' && entry !== undefined
      ? groups.filter((each) => each.members.includes(entry.name)).map((each) => each.gid)
      : [];
  const additionalGids = [
    ...new Set([gid, ...memberships, ...groupAdd.map((text) => findGroup(text, groups))]),
  ];
  return { uid, gid, additionalGids, home: entry?.home || '/' };
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  const entry = groups.find((group) => group.name === text);
  if (entry !== undefined) return entry.gid;
  if (isId(text)) return Number(text);
  throw new RuntimeError(
    'INVALID',
    `unable to find group ${text}: no matching entries in group file`,
    { exitCode: 125 },
  );
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 31;
}

function parsePasswd(text: string): PasswdEntry[] {
  return fieldsOf(text).map(([name = '', , uid, gid, , home = '']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
  }));
}

function parseGroup(text: string): GroupEntry[] {
  return fieldsOf(text).map(([name = '', , gid, members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(','),
  }));
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
