import type { ClusterFacade, ClusterState } from '../engine/api/cluster.ts';
import { sleep, systemClock } from '../engine/base/clock.ts';
import { ClusterBaseline } from './cluster-baseline.ts';
import { press } from './solution.ts';
import { CONTROL_PLANE, machineOf } from './place.ts';
import type { Ground } from './try-lesson.node.ts';

/** Milliseconds between looks at what nothing tells of. */
const POLL_MS = 250;
/** Milliseconds: a guard against hanging, not a measure. */
const PATIENCE_MS = 240_000;

const MANIFESTS = '/etc/kubernetes/manifests';

/**
 * One cluster for many lessons. In the page a reset is a new cluster; here it is the old one put back to how it was when it had just started, which costs
 * a second and not a start: its machines run and have their cables, the control plane's manifests and all objects are as they were, and
 * the folders that lessons work in are empty. What else was done to a machine, such as a package or a rule of nftables, stays.
 */
export class ClusterGround implements Ground {
  readonly #cluster: ClusterFacade;
  readonly #baseline: ClusterBaseline;
  readonly #manifests: ReadonlyMap<string, Uint8Array>;

  private constructor(
    cluster: ClusterFacade,
    baseline: ClusterBaseline,
    manifests: ReadonlyMap<string, Uint8Array>,
  ) {
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
    await until(async () => (await cluster.api(get('/readyz'))).status === 200, 'the API server');
    await this.#baseline.restore();
    await until(async () => isReady(cluster.state()), 'all nodes');
    const { files } = machineOf({ kind: 'cluster', cluster });
    for (const { name } of await files.list('/root/work')) await files.remove(`/root/work/${name}`);
  }

  async #putManifests(): Promise<void> {
    const { files } = this.#cluster.machine(CONTROL_PLANE);
    const now = await readManifests(this.#cluster);
    for (const name of now.keys())
      if (!this.#manifests.has(name)) await files.remove(`${MANIFESTS}/${name}`);
    for (const [name, content] of this.#manifests)
      if (now.get(name)?.toString() !== content.toString())
        await files.write(`${MANIFESTS}/${name}`, content);
  }
}

async function readManifests(cluster: ClusterFacade): Promise<ReadonlyMap<string, Uint8Array>> {
  const { files } = cluster.machine(CONTROL_PLANE);
  const found = new Map<string, Uint8Array>();
  for (const { name } of await files.list(MANIFESTS))
    found.set(name, await files.read(`${MANIFESTS}/${name}`));
  return found;
}

/** Every node is ready, and every component of the control plane runs. */
function isReady({ nodes }: ClusterState): boolean {
  return nodes.every(
    ({ ready, components }) => ready === true && components.every(({ running }) => running),
  );
}

function get(path: string) {
  return { method: 'GET', url: `https://kubernetes${path}`, headers: new Headers(), body: null };
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = systemClock.monotonic() + PATIENCE_MS;
  while (!(await holds().catch(() => false))) {
    if (systemClock.monotonic() > deadline)
      throw new Error(`The cluster did not come back: ${what} not ready.`);
    await sleep(systemClock, POLL_MS);
  }
}
