import { useEffect, useState } from 'react';
import { SharedInformers } from '../../../../engine/client/informer/shared-informers.ts';
import { metadataOf, type Resource } from '../../../../engine/client/resource.ts';
import { pageClock, pageRandom } from '../../../../engine/cluster/index.ts';
import type { KubernetesObject } from '../../../../engine/objects/kubernetes-object.ts';
import { gathered } from '../../../ui/gathered.ts';
import { useClient } from '../cluster-client.ts';
import { LONGEST_PAUSE_MS } from '../follow-with.ts';
import type { Problem } from '../problem.ts';
import { Unreached } from '../unreached.ts';
import { refers, type Target } from './references.ts';
import { RelationIndex, type Known, type Relations } from './relations.ts';

/** Milliseconds in which changes are gathered at least. */
const GATHER_MS = 250;
/** How much longer than the last look at all objects the next one is put off: thousands of them take a while. */
const REST = 9;

/**
 * How other objects of these kinds belong to this one, kept up to date; undefined until all of them are known. With it comes
 * why the API server does not tell of some of them, as long as it does not.
 */
export function useRelations(
  kinds: readonly Resource<KubernetesObject>[],
  { group, kind, namespace, name }: Target,
) {
  const client = useClient();
  const [relations, setRelations] = useState<Relations>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const end = new AbortController();
    const unreached = new Unreached();
    const tell = (): void => {
      if (!end.signal.aborted) setProblem(unreached.problem);
    };
    const informers = new SharedInformers({
      client,
      clock: pageClock,
      random: pageRandom,
      longestPause: LONGEST_PAUSE_MS,
      onError(error, resource) {
        if (resource !== undefined) unreached.failed(resource, error);
        tell();
      },
      onReached(resource) {
        unreached.reached(resource);
        tell();
      },
    });
    const followed = kinds.map((resource) => {
      const scope = resource.namespaced && namespace !== '' ? { namespace } : {};
      const wanted = refers(resource) ? resource : metadataOf(resource);
      return { resource, informer: informers.of(wanted, scope) };
    });
    let took = 0;
    const read = (): void => {
      const began = pageClock.monotonic();
      const known = followed.flatMap(({ resource, informer }) =>
        informer.store
          .list()
          .map((object): Known => ({ group: resource.group, kind: resource.kind, object })),
      );
      setRelations(new RelationIndex(known).around({ group, kind, namespace, name }));
      took = pageClock.monotonic() - began;
    };
    const changes = gathered(() => Math.max(GATHER_MS, took * REST), read);
    void informers.synced(end.signal).then(() => {
      if (end.signal.aborted) return;
      read();
      for (const { informer } of followed)
        informer.addHandler({
          onAdd: (_object, initial) => initial || changes.tell(),
          onUpdate: changes.tell,
          onDelete: changes.tell,
        });
    });
    return () => {
      end.abort();
      changes.stop();
      informers.dispose();
    };
  }, [client, kinds, group, kind, namespace, name]);
  return { relations, problem };
}
