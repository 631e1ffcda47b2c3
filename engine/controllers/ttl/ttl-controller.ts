import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import { resources } from '../../client/resources.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';

/** `--concurrent-ttl-syncs` */
const WORKERS = 5;
const ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** Seconds for clusters of so many nodes. Sizes overlap, so that a node more or less does not change all of them again and again. */
const STEPS = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

/** How long kubelets may keep Secrets and ConfigMaps in a cluster that grows and shrinks. */
export class ClusterSize {
  #nodes = 0;
  #step = 0;

  /** seconds */
  get ttl(): number {
    return STEPS[this.#step]?.seconds ?? 0;
  }

  add(): void {
    if (++this.#nodes > (STEPS[this.#step]?.most ?? 0)) this.#step++;
  }

  remove(): void {
    if (--this.#nodes < (STEPS[this.#step]?.least ?? 0)) this.#step--;
  }
}

/** Tells each node in an annotation how long its kubelet may keep what it reads (upstream's `ttl`). */
export class TtlController implements Controller {
  readonly #context: ControllerContext;
  readonly #nodes: ObjectStore<Node>;
  readonly #queue: WorkQueue;
  readonly #size = new ClusterSize();

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const nodes = informers.of(resources.nodes);
    this.#nodes = nodes.store;
    nodes.addHandler({
      onAdd: ({ metadata }) => {
        this.#size.add();
        this.#queue.add(metadata.name);
      },
      // Kubelets report often enough for all nodes to learn of another step.
      onUpdate: (_old, { metadata }) => this.#queue.add(metadata.name),
      onDelete: () => this.#size.remove(),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (name) => this.#sync(name));
  }

  async #sync(name: string): Promise<void> {
    const node = this.#nodes.getByKey(name);
    const ttl = String(this.#size.ttl);
    if (node === undefined || node.metadata.annotations?.[ANNOTATION] === ttl) return;
    await this.#context.client.patch(
      resources.nodes,
      { name },
      { type: 'strategic', patch: { metadata: { annotations: { [ANNOTATION]: ttl } } } },
    );
  }
}
