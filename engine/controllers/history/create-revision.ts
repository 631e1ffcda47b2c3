import type { Client } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ControllerRevision } from '../../objects/generated/apps-v1.generated.ts';
import { isEqualRevision, revisionHash, revisionName } from './controller-revision.ts';

/**
 * Creates the revision, under another name when one with other data has its own. One with the same
 * data that is there already is it.
 * @param collisionCount how often a name was taken before
 */
export async function createRevision(
  client: Client,
  owner: string,
  revision: ControllerRevision,
  collisionCount: number,
): Promise<{ readonly revision: Stored<ControllerRevision>; readonly collisionCount: number }> {
  for (let count = collisionCount; ; count++) {
    const name = revisionName(owner, revisionHash(revision.data, count));
    const metadata = { ...revision.metadata, name };
    try {
      const created = await client.create(resources.controllerRevisions, { ...revision, metadata });
      return { revision: created, collisionCount: count };
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
      const existing = await client.get(resources.controllerRevisions, metadata);
      if (isEqualRevision(existing, revision)) return { revision: existing, collisionCount: count };
    }
  }
}
