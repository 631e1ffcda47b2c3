import { sleep } from '../../base/clock.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { conditionPatch } from '../../objects/pod-condition.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { endedBeyond, onBrokenNodes, unscheduled } from './doomed-pods.ts';

/** Milliseconds between two looks. */
const PERIOD_MS = 20_000;
/** Milliseconds that a node may be missing before it is asked for: it may only not be seen yet. */
const QUARANTINE_MS = 40_000;
const THRESHOLD = 12_500;

/** Deletes Pods that nobody else will (upstream's `podgc`). */
export class PodGarbageCollector implements Controller {
  readonly #context: ControllerContext;
  readonly #pods: ObjectStore<Pod>;
  readonly #nodes: ObjectStore<Node>;
  /** nodes that Pods are on and that are missing, with the time at which they are asked for */
  readonly #quarantine = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = context.informers.of(resources.pods).store;
    this.#nodes = context.informers.of(resources.nodes).store;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#collect();
      await sleep(this.#context.clock, PERIOD_MS, signal).catch(() => {});
    }
  }

  async #collect(): Promise<void> {
    const { terminatedPodGcThreshold = THRESHOLD } = this.#context.configuration;
    const pods = this.#pods.list();
    if (terminatedPodGcThreshold > 0)
      await this.#remove(endedBeyond(pods, terminatedPodGcThreshold));
    await this.#remove(onBrokenNodes(pods, (name) => this.#nodes.get({ name })));
    const gone = await this.#goneNodes(pods);
    const orphans = pods.filter(({ spec: { nodeName = '' } }) => gone.has(nodeName));
    await this.#remove(orphans, 'PodGC: node no longer exists');
    await this.#remove(unscheduled(pods));
  }

  /** Names of nodes that have been missing for a while and are not there. */
  async #goneNodes(pods: readonly Stored<Pod>[]): Promise<ReadonlySet<string>> {
    const now = this.#context.clock.now();
    for (const { spec } of pods) {
      const { nodeName = '' } = spec;
      const isMissing = nodeName !== '' && this.#nodes.get({ name: nodeName }) === undefined;
      if (isMissing && !this.#quarantine.has(nodeName))
        this.#quarantine.set(nodeName, now + QUARANTINE_MS);
    }
    const gone = new Set<string>();
    for (const [name, due] of this.#quarantine) {
      if (due > now) continue;
      this.#quarantine.delete(name);
      if (this.#nodes.get({ name }) === undefined && (await this.#isGone(name))) gone.add(name);
    }
    return gone;
  }

  async #isGone(name: string): Promise<boolean> {
    try {
      await this.#context.client.get(resources.nodes, { name });
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return true;
      // If its Pods still need it, it comes again.
      this.#context.onError(error);
    }
    return false;
  }

  async #remove(pods: readonly Stored<Pod>[], disruption?: string): Promise<void> {
    const { onError } = this.#context;
    await Promise.all(
      pods.map((pod) =>
        this.#failAndDelete(pod, disruption).catch((error: unknown) => {
          if (reasonOf(error) !== 'NotFound') onError(error);
        }),
      ),
    );
  }

  /** What never says that it has ended is said to have failed: controllers wait for that. */
  async #failAndDelete(pod: Stored<Pod>, disruption: string | undefined): Promise<void> {
    const { client, clock } = this.#context;
    const { metadata, status } = pod;
    if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') {
      const condition =
        disruption === undefined
          ? undefined
          : conditionPatch(
              pod,
              {
                type: 'DisruptionTarget',
                status: 'True',
                reason: 'DeletionByPodGC',
                message: disruption,
              },
              clock.now(),
            );
      const { uid, generation: observedGeneration } = metadata;
      const failed = {
        phase: 'Failed',
        ...(observedGeneration === undefined ? {} : { observedGeneration }),
        ...(condition === undefined ? {} : { conditions: [condition] }),
      };
      await client.patch(
        resources.pods,
        metadata,
        { type: 'strategic', patch: { metadata: { uid }, status: failed } },
        { subresource: 'status' },
      );
    }
    await client.delete(resources.pods, metadata, { gracePeriodSeconds: 0 });
  }
}
