import type { Stored } from '../../client/resource.ts';
import type { Deployment, ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';

/** What a Deployment notes in annotations of its own and of its ReplicaSets. */

export const REVISION = 'deployment.kubernetes.io/revision';
/** earlier revisions of a ReplicaSet that was rolled back to, with commas between */
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MOST = 'deployment.kubernetes.io/max-replicas';
const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
/** Characters of `HISTORY`: about 100 revisions. */
const HISTORY_LENGTH = 2000;
const MAX_INT32 = 2 ** 31 - 1;

type Annotations = Readonly<Record<string, string>>;

/** Not copied between a Deployment and its ReplicaSets. */
const own: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MOST,
  ROLLBACK_TO,
]);

const copied = (annotations: Annotations = {}): Annotations =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => !own.has(key)));

/** As Go's `ParseInt`: nothing but digits and a sign. */
function parseInteger(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** 0 when it has none; undefined when it says something else. */
export function revisionOf({ metadata }: Pick<ReplicaSet, 'metadata'>): number | undefined {
  const text = metadata.annotations?.[REVISION];
  return text === undefined ? 0 : parseInteger(text);
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...replicaSets.map((replicaSet) => revisionOf(replicaSet) ?? 0));
}

/** The second highest. */
export function lastRevision(replicaSets: readonly ReplicaSet[]): number {
  const revisions = replicaSets.map((replicaSet) => revisionOf(replicaSet) ?? 0);
  return [...revisions, 0, 0].toSorted((a, b) => b - a)[1] ?? 0;
}

/**
 * The annotations of the ReplicaSet that a Deployment wants now: the Deployment's, and a revision that
 * is at least `revision`. Those it has already when nothing changes.
 */
export function withRevision(
  deployment: Deployment,
  annotations: Annotations,
  revision: number,
): Annotations {
  const wanted = { ...annotations, ...copied(deployment.metadata.annotations) };
  const isCopied = Object.entries(wanted).every(([key, value]) => annotations[key] === value);
  const text = annotations[REVISION];
  const before = text === undefined || text === '' ? 0 : parseInteger(text);
  if (before === undefined || before >= revision) return isCopied ? annotations : wanted;
  const history = text === undefined ? undefined : longerHistory(annotations[HISTORY], text);
  return {
    ...wanted,
    [REVISION]: String(revision),
    ...(history === undefined ? {} : { [HISTORY]: history }),
  };
}

/** The oldest make room. */
function longerHistory(history = '', revision: string): string {
  if (history === '') return revision;
  const revisions = [...history.split(','), revision];
  while (revisions.length > 1 && revisions.join(',').length > HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}

/** Notes how many replicas the Deployment wanted, and could have at most, when this was written. */
export function withSizes(annotations: Annotations, desired: number, most: number): Annotations {
  return { ...annotations, [DESIRED]: String(desired), [MOST]: String(most) };
}

export function hasSizes(annotations: Annotations = {}, desired: number, most: number): boolean {
  return annotations[DESIRED] === String(desired) && annotations[MOST] === String(most);
}

export const desiredReplicas = (replicaSet: ReplicaSet) => amount(replicaSet, DESIRED);
export const mostReplicas = (replicaSet: ReplicaSet) => amount(replicaSet, MOST);

function amount({ metadata }: ReplicaSet, key: string): number | undefined {
  const text = metadata.annotations?.[key];
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  return Number(text) <= MAX_INT32 ? Number(text) : undefined;
}

/** The revision that extensions/v1beta1 asked to go back to; 0 is the last one. */
export function rollbackTo({ metadata }: Deployment): number | undefined {
  const text = metadata.annotations?.[ROLLBACK_TO];
  return text === undefined ? undefined : parseInteger(text);
}

export function withoutRollback(deployment: Stored<Deployment>): Stored<Deployment> {
  const { [ROLLBACK_TO]: _asked, ...annotations } = deployment.metadata.annotations ?? {};
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
}

/** The Deployment's annotations after it goes back to this ReplicaSet. */
export function annotationsBackTo(deployment: Deployment, replicaSet: ReplicaSet): Annotations {
  const kept = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) =>
    own.has(key),
  );
  return { ...Object.fromEntries(kept), ...copied(replicaSet.metadata.annotations) };
}
