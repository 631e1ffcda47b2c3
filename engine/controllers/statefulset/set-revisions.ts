import type { Client } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { applyDefaults } from '../../objects/defaults/index.ts';
import type { ControllerRevision, StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import { groupVersionKind } from '../../objects/kubernetes-object.ts';
import {
  atRevision,
  isEqualRevision,
  newRevision,
  nextRevision,
  revisionData,
  revisionHash,
} from '../history/controller-revision.ts';
import { createRevision } from '../history/create-revision.ts';

const HASH_LABEL = 'controller.kubernetes.io/hash';

type Revision = Stored<ControllerRevision>;

/** The revisions a set is between: what its Pods were made from, and what they are to become. */
export interface SetRevisions {
  readonly current: Revision;
  readonly update: Revision;
  readonly collisionCount: number;
}

/**
 * Finds the revision of what the set wants now, or writes it: a new one, or an earlier one that
 * becomes the newest again (`getStatefulSetRevisions`).
 * @param revisions of the set, in order
 */
export async function findRevisions(
  client: Client,
  set: Stored<StatefulSet>,
  revisions: readonly Revision[],
): Promise<SetRevisions> {
  const { collisionCount = 0, currentRevision } = set.status ?? {};
  const hash = revisionHash(revisionData(set), collisionCount);
  const wanted = newRevision(set, resources.statefulSets, nextRevision(revisions), {
    label: HASH_LABEL,
    value: hash,
  });
  const { revision: update, collisionCount: count } = await write(
    client,
    set,
    revisions,
    wanted,
    collisionCount,
  );
  const current = revisions.find(({ metadata }) => metadata.name === currentRevision) ?? update;
  return { current, update, collisionCount: count };
}

async function write(
  client: Client,
  set: Stored<StatefulSet>,
  revisions: readonly Revision[],
  wanted: ControllerRevision,
  collisionCount: number,
): Promise<{ readonly revision: Revision; readonly collisionCount: number }> {
  const last = revisions.at(-1);
  const equal = revisions.findLast((revision) => isEqualRevision(revision, wanted));
  if (last !== undefined && equal !== undefined && isEqualRevision(last, equal))
    return { revision: last, collisionCount };
  if (equal !== undefined) {
    const again = { ...equal, revision: wanted.revision ?? 0 };
    return { revision: await client.update(resources.controllerRevisions, again), collisionCount };
  }
  if (last !== undefined && bringsBack(last, set)) return { revision: last, collisionCount };
  return createRevision(client, set.metadata.name, wanted, collisionCount);
}

/** Whether it says the same as the set wants, though in other words: defaults have been added since. */
function bringsBack(revision: Revision, set: Stored<StatefulSet>): boolean {
  const before = applyDefaults(groupVersionKind(set), atRevision(set, revision));
  return isEqualRevision(
    { ...revision, data: revisionData(before) },
    {
      ...revision,
      data: revisionData(set),
    },
  );
}

/** Revisions that are not in use and beyond the limit, the oldest first. @param revisions in order */
export function revisionsToDelete(
  { spec }: StatefulSet,
  revisions: readonly Revision[],
  inUse: ReadonlySet<string>,
): readonly Revision[] {
  const { revisionHistoryLimit = 10 } = spec;
  if (revisionHistoryLimit < 0) return [];
  const history = revisions.filter(({ metadata }) => !inUse.has(metadata.name));
  return history.slice(0, Math.max(0, history.length - revisionHistoryLimit));
}
