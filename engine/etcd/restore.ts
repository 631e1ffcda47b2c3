import { toHex } from '../base/hex.ts';
import type { Random } from '../base/random.ts';
import type { Storage } from '../storage/storage.ts';
import { LOG, SNAPSHOTS } from './log/data-directory.ts';
import { framesOf } from './log/frame.ts';
import { writeSnapshot } from './log/recovery.ts';
import { captureSnapshot, readSnapshot } from './log/snapshot.ts';

/**
 * Makes an empty storage hold what `Etcd.snapshot` gave, as a new cluster: ids are new, so that
 * nobody takes it for the old one. Revisions go on where the snapshot was taken.
 * @throws EtcdError `CORRUPT` when the snapshot is damaged or cut off; nothing is stored then
 */
export async function restoreSnapshot(
  storage: Storage,
  snapshot: AsyncIterable<Uint8Array>,
  random: Random,
): Promise<void> {
  const present = [...(await storage.list(SNAPSHOTS)), ...(await storage.list(LOG))];
  if (present.length > 0)
    throw new Error('The data directory is not empty. Restore into a new one, or remove this one.');
  const id = (): string => toHex(random.bytes(8));
  const machine = await readSnapshot(framesOf(snapshot), { clusterId: id(), memberId: id() });
  await writeSnapshot(storage, machine.appliedIndex, captureSnapshot(machine));
}
