import type { Client } from '../../client/client.ts';
import type { Index } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ControllerRevision, DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import { inOrder, newRevision, revisionData } from '../history/controller-revision.ts';
import { claim } from '../pods/claim.ts';
import { orphansIn } from '../pods/controller-ref.ts';
import { templateHash } from '../pods/template-hash.ts';
import { HASH_LABEL } from './daemon-pod.ts';

type Revision = Stored<ControllerRevision>;
type StoredSet = Stored<DaemonSet>;

export interface SetHistory {
  /** of what the set wants now */
  readonly current: Revision;
  readonly old: readonly Revision[];
}

const hashOf = ({ metadata }: Revision): string => metadata.labels?.[HASH_LABEL] ?? '';
const numberOf = ({ revision = 0 }: ControllerRevision): number => revision;

/** Keeps the revisions of DaemonSets' templates (`constructHistory`, `cleanupHistory`). */
export class DaemonHistory {
  readonly #client: Client;
  /** by controller */
  readonly #revisions: Index<ControllerRevision>;

  constructor(client: Client, revisions: Index<ControllerRevision>) {
    this.#client = client;
    this.#revisions = revisions;
  }

  /**
   * Finds the revision of what the set wants, which becomes the newest, or writes it.
   * @param pods of the set
   */
  async construct(
    set: StoredSet,
    pods: () => Promise<readonly Stored<Pod>[]>,
  ): Promise<SetHistory> {
    const all = await Promise.all((await this.#claimed(set)).map((each) => this.#labelled(each)));
    const data = revisionData(set);
    const equal = all.filter((revision) => jsonEqual(revision.data, data));
    const old = all.filter((revision) => !equal.includes(revision));
    const next = Math.max(0, ...old.map(numberOf)) + 1;
    const current =
      equal.length === 0 ? await this.#create(set, next) : await this.#keepOne(equal, await pods());
    if (numberOf(current) < next)
      await this.#client.update(resources.controllerRevisions, { ...current, revision: next });
    return { current, old };
  }

  /** Deletes the oldest that no Pod is of, beyond the limit. */
  async cleanUp(
    { spec }: DaemonSet,
    old: readonly Revision[],
    pods: readonly Pod[],
  ): Promise<void> {
    const { revisionHistoryLimit = 10 } = spec;
    const inUse = new Set(pods.map(({ metadata }) => metadata.labels?.[HASH_LABEL]));
    const unused = inOrder(old).filter((revision) => !inUse.has(hashOf(revision)));
    for (const { metadata } of unused.slice(0, Math.max(0, old.length - revisionHistoryLimit)))
      await this.#client.delete(resources.controllerRevisions, metadata);
  }

  async #claimed(set: StoredSet): Promise<readonly Revision[]> {
    const { uid, namespace } = set.metadata;
    return claim([...this.#revisions.get(uid), ...this.#revisions.get(orphansIn(namespace))], {
      client: this.#client,
      resource: resources.controllerRevisions,
      owner: set,
      ownerResource: resources.daemonSets,
      selector: labelSelectorOf(set.spec.selector),
    });
  }

  /** One that somebody else made is told apart by its name. */
  async #labelled(revision: Revision): Promise<Revision> {
    if (hashOf(revision) !== '') return revision;
    const { metadata } = revision;
    const labels = { ...metadata.labels, [HASH_LABEL]: metadata.name };
    return this.#client.update(resources.controllerRevisions, {
      ...revision,
      metadata: { ...metadata, labels },
    });
  }

  /** The newest of those that are the same; the others go, and their Pods become this one's. */
  async #keepOne(equal: readonly Revision[], pods: readonly Stored<Pod>[]): Promise<Revision> {
    const [first] = equal;
    const kept = equal.reduce((best, each) => (numberOf(each) >= numberOf(best) ? each : best));
    if (equal.length === 1 && first !== undefined) return first;
    for (const { metadata } of pods) {
      if (metadata.labels?.[HASH_LABEL] === hashOf(kept)) continue;
      const labels = { [HASH_LABEL]: hashOf(kept) };
      await this.#client.patch(resources.pods, metadata, {
        type: 'merge',
        patch: { metadata: { labels } },
      });
    }
    for (const { metadata } of equal)
      if (metadata.name !== kept.metadata.name)
        await this.#client.delete(resources.controllerRevisions, metadata);
    return kept;
  }

  async #create(set: StoredSet, number: number): Promise<Revision> {
    const { collisionCount } = set.status ?? {};
    const value = templateHash(set.spec.template, collisionCount);
    const hash = { label: HASH_LABEL, value };
    const revision = newRevision(set, resources.daemonSets, number, hash);
    try {
      return await this.#client.create(resources.controllerRevisions, revision);
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
      const existing = await this.#client.get(resources.controllerRevisions, revision.metadata);
      if (jsonEqual(existing.data, revision.data)) return existing;
      await this.#countCollision(set);
      throw error;
    }
  }

  /** So that the next hash is another one. */
  async #countCollision({ metadata, status }: StoredSet): Promise<void> {
    const fresh = await this.#client.get(resources.daemonSets, metadata);
    const { collisionCount } = fresh.status ?? {};
    if (collisionCount !== status?.collisionCount)
      throw new Error(
        `found a stale collision count (${status?.collisionCount ?? 0}, expected ${collisionCount ?? 0}) of DaemonSet "${metadata.name}" while processing; will retry until it is updated`,
      );
    const counts = fresh.status ?? {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    };
    await this.#client.update(
      resources.daemonSets,
      { ...fresh, status: { ...counts, collisionCount: (collisionCount ?? 0) + 1 } },
      { subresource: 'status' },
    );
  }
}
