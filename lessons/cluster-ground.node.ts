import type { ClusterFacade, ClusterState } from '../engine/api/cluster.ts';
import { sleep, systemClock } from '../engine/base/clock.ts';
import { ClusterBaseline } from './cluster-baseline.ts';
import { getRequest, MachineView } from './machine-view.ts';
import { CONTROL_PLANE } from './place.ts';
import { press } from './solution.ts';
import type { Ground } from './try-lesson.node.ts';

/** Milliseconds between looks at what nothing tells of. */
const POLL_MS = 250;
/** Milliseconds: a guard against hanging, not a measure. */
const PATIENCE_MS = 240_000;

const MANIFESTS = '/etc/kubernetes/manifests';

/**
 * One cluster for many lessons. In the page a reset is a new cluster; here it is the old one put back to how it was when it had just started, which costs
 * a second and not a start: its machines run and have their cables, the nodes' manifests and all objects are as they were, and
 * the folders that lessons work in are empty. What else was done to a machine, such as a package or a rule of nftables, stays.
 */
export class ClusterGround implements Ground {
  readonly #cluster: ClusterFacade;
  readonly #baseline: ClusterBaseline;
  readonly #manifests: Manifests;

  private constructor(cluster: ClusterFacade, baseline: ClusterBaseline, manifests: Manifests) {
    this.#cluster = cluster;
    this.#baseline = baseline;
    this.#manifests = manifests;
  }

  /** @param cluster that has just started */
  static async open(cluster: ClusterFacade): Promise<ClusterGround> {
    const baseline = await ClusterBaseline.take(cluster, systemClock);
    return new ClusterGround(cluster, baseline, await readManifests(cluster));
  }

  async fresh(environment: Parameters<Ground['fresh']>[0]) {
    if (environment.kind !== 'cluster') throw new RangeError('This lesson needs a machine.');
    const { nodes } = this.#cluster.state();
    if (environment.nodes !== nodes.length)
      throw new RangeError(`This lesson needs ${environment.nodes} nodes, not ${nodes.length}.`);
    await this.#restore();
    return { kind: 'cluster', cluster: this.#cluster } as const;
  }

  async #restore(): Promise<void> {
    const cluster = this.#cluster;
    for (const { name, plugged, machine } of cluster.state().nodes) {
      if (!plugged) await press(cluster, 'plug', name);
      if (machine.kind === 'paused') await press(cluster, 'thaw', name);
      if (machine.kind === 'stopped' || machine.kind === 'failed')
        await press(cluster, 'replace', name);
    }
    await this.#putManifests();
    await until(
      async () => (await cluster.api(getRequest('https://kubernetes/readyz'))).status === 200,
      'the API server',
    );
    await this.#baseline.restore();
    await until(async () => isReady(cluster.state()), 'all nodes');
    const { files } = cluster.machine(CONTROL_PLANE);
    for (const { name } of await files.list('/root/work')) await files.remove(`/root/work/${name}`);
  }

  async #putManifests(): Promise<void> {
    for (const [node, wanted] of this.#manifests) {
      const { files } = this.#cluster.machine(node);
      const found = await manifestsOf(this.#cluster, node);
      for (const name of found.keys())
        if (!wanted.has(name)) await files.remove(`${MANIFESTS}/${name}`);
      for (const [name, content] of wanted)
        if (found.get(name) !== content)
          await files.write(`${MANIFESTS}/${name}`, new TextEncoder().encode(content));
    }
  }
}

/** Texts by name of the file, by name of the node. */
type Manifests = ReadonlyMap<string, ReadonlyMap<string, string>>;

async function readManifests(cluster: ClusterFacade): Promise<Manifests> {
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const { name } of cluster.state().nodes) found.set(name, await manifestsOf(cluster, name));
  return found;
}

async function manifestsOf(
  cluster: ClusterFacade,
  node: string,
): Promise<ReadonlyMap<string, string>> {
  const machine = new MachineView(() => cluster.machine(node));
  const found = new Map<string, string>();
  for (const name of await machine.list(MANIFESTS))
    found.set(name, (await machine.readFile(`${MANIFESTS}/${name}`)) ?? '');
  return found;
}

/** Every node is ready, and every component of the control plane runs. */
function isReady({ nodes }: ClusterState): boolean {
  return nodes.every(
    ({ ready, components }) => ready === true && components.every(({ running }) => running),
  );
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = systemClock.monotonic() + PATIENCE_MS;
  while (!(await holds().catch(() => false))) {
    if (systemClock.monotonic() > deadline)
      throw new Error(`The cluster did not come back: ${what} not ready.`);
    await sleep(systemClock, POLL_MS);
  }
}
