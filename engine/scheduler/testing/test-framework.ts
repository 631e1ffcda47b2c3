import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { ClusterStores } from '../cache/cluster-stores.ts';
import { PodInfo } from '../cache/pod-info.ts';
import { SchedulerCache } from '../cache/scheduler-cache.ts';
import { readConfiguration } from '../configuration/configuration.ts';
import { extensionPointsOf } from '../configuration/extension-points.ts';
import { builtInPlugins } from '../configuration/registry.ts';
import { NodeSearch, totalScores, type Search } from '../cycle/schedule-pod.ts';
import { CycleState } from '../framework/cycle-state.ts';
import { fitMessage } from '../framework/fit-error.ts';
import { Framework } from '../framework/framework.ts';
import type { PreemptionHandle } from '../framework/plugin.ts';
import { Nominator } from '../queue/nominator.ts';

/** What there is, besides nodes and Pods: items by the name of their store. */
export type Objects = {
  readonly [Name in Exclude<keyof ClusterStores, 'pods'>]?: ReturnType<ClusterStores[Name]['list']>;
};

export interface TestCluster {
  readonly nodes: readonly Stored<Node>[];
  /** those with `nodeName` are there */
  readonly pods?: readonly Stored<Pod>[];
  /** Pods that wait for the node that their status nominates */
  readonly nominated?: readonly Stored<Pod>[];
  readonly objects?: Objects;
  /** a KubeSchedulerConfiguration */
  readonly configuration?: unknown;
}

function emptyStores(): ClusterStores {
  return {
    pods: new ObjectStore(),
    namespaces: new ObjectStore(),
    services: new ObjectStore(),
    replicationControllers: new ObjectStore(),
    replicaSets: new ObjectStore(),
    statefulSets: new ObjectStore(),
    podDisruptionBudgets: new ObjectStore(),
    persistentVolumes: new ObjectStore(),
    persistentVolumeClaims: new ObjectStore(),
    storageClasses: new ObjectStore(),
    csiNodes: new ObjectStore(),
    csiDrivers: new ObjectStore(),
    csiStorageCapacities: new ObjectStore(),
    volumeAttachments: new ObjectStore(),
  };
}

/** The default profile over a cluster that stands still: what it decides about one Pod. */
export class TestFramework {
  readonly framework: Framework;
  readonly clock = new FakeClock();
  readonly api = new FakeApi();
  readonly cache = new SchedulerCache();
  readonly #stores = emptyStores();
  readonly #search: NodeSearch;

  constructor({ nodes, pods = [], nominated = [], objects = {}, configuration }: TestCluster) {
    const random = new SeededRandom(1);
    const nominator = new Nominator();
    for (const node of nodes) this.cache.setNode(node);
    for (const pod of pods) {
      this.#stores.pods.set(pod);
      this.cache.setPod(pod);
    }
    for (const pod of nominated)
      nominator.add(new PodInfo(pod), pod.status?.nominatedNodeName ?? '');
    for (const [name, items] of Object.entries(objects))
      for (const item of items ?? [])
        (this.#stores[name as keyof Objects] as ObjectStore<typeof item>).set(item);
    const { profiles, percentageOfNodesToScore } = readConfiguration(configuration);
    const [profile] = profiles;
    if (profile === undefined) throw new RangeError('There is no profile.');
    const client = new Client({
      transport: this.api.transport,
      clock: this.clock,
      userAgent: 'test',
    });
    const preemption: PreemptionHandle = {
      filter: (state, pod, node) => this.framework.filterWithNominated(state, pod, node),
      addPod: (state, pod, added, node) => this.framework.addPod(state, pod, added, node),
      removePod: (state, pod, removed, node) => this.framework.removePod(state, pod, removed, node),
      nominatedBelow: () => [],
      rejectWaiting: () => false,
      activate: () => {},
      recordPreempted: () => {},
      onError: () => {},
    };
    const handle = {
      stores: this.#stores,
      snapshot: this.cache,
      client,
      clock: this.clock,
      random,
      preemption,
    };
    this.framework = new Framework({
      schedulerName: profile.schedulerName,
      points: extensionPointsOf(profile, builtInPlugins, handle),
      percentageOfNodesToScore: profile.percentageOfNodesToScore,
      snapshot: this.cache,
      nominator,
    });
    this.#search = new NodeSearch(random, percentageOfNodesToScore);
  }

  search(pod: Pod): Search {
    return this.#search.run(this.framework, new CycleState(), new PodInfo(pod));
  }

  /** The names of the nodes that fit, sorted. */
  fitting(pod: Pod): string[] {
    return this.search(pod)
      .feasible.map(({ name }) => name)
      .toSorted();
  }

  /** The normalised scores of one plugin by node; the weighted sums when none is named. */
  scores(pod: Pod, plugin?: string): Record<string, number> {
    const { feasible, scores } = this.search(pod);
    const own = scores.find((other) => other.plugin === plugin)?.normalized;
    const values = plugin === undefined ? totalScores(feasible.length, scores) : own;
    return Object.fromEntries(feasible.map(({ name }, index) => [name, values?.[index] ?? 0]));
  }

  /** What the Pod's event says when it fits nowhere; with what preemption comes to. */
  message(pod: Stored<Pod>): string {
    this.#stores.pods.set(pod);
    const state = new CycleState();
    const info = new PodInfo(pod);
    const { diagnosis, nodeName } = this.#search.run(this.framework, state, info);
    if (nodeName !== undefined) return `fits on ${nodeName}`;
    const [plugin] = this.framework.points.postFilter;
    const { message = '' } = plugin?.postFilter?.(state, info, diagnosis.statuses) ?? {};
    return fitMessage({ ...diagnosis, postFilterMessage: message });
  }
}
