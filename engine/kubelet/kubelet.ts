import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/events/event-recorder.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { resources } from '../client/resources.ts';
import type { HttpHandler } from '../http/index.ts';
import type { Node } from '../objects/generated/core-v1.generated.ts';
import type { Cri } from '../runtime/cri/types.ts';
import { DEFAULT_CONFIGURATION, type KubeletConfiguration } from './configuration.ts';
import type { KubeletContext, KubeletParts, MakeKubeletParts, NodeAgent } from './contracts.ts';
import { renewLease } from './node/node-lease.ts';
import { NodeReporter } from './node/node-reporter.ts';
import { KubeletEvents } from './pod-events.ts';
import { KnownPods } from './pods/known-pods.ts';
import { PodKeeper } from './pods/pod-keeper.ts';
import { storeOf } from './pods/pod-store.ts';
import { PodSteps } from './pods/pod-steps.ts';
import { PodWorkers } from './pods/pod-workers.ts';
import { RuntimePods } from './pods/runtime-pods.ts';
import { MirrorPods } from './static/mirror-pods.ts';
import { StaticPods } from './static/static-pods.ts';
import { StatusWriter } from './status/status-writer.ts';

export interface KubeletOptions {
  readonly nodeName: string;
  /** the first is the node's `InternalIP` */
  readonly nodeIps: readonly string[];
  readonly client: Client;
  readonly cri: Cri;
  readonly agent: NodeAgent;
  readonly clock: Clock;
  readonly random: Random;
  /** what differs from the defaults */
  readonly configuration?: Partial<KubeletConfiguration>;
  readonly makeParts: MakeKubeletParts;
  /** told of what went wrong where nobody waits for an answer: the kubelet's log */
  readonly onError: (error: unknown) => void;
}

/** The agent of a node: makes what the API and the node's manifests say of its Pods true, and tells how it went. */
export class Kubelet {
  readonly #context: KubeletContext;
  readonly #parts: KubeletParts;
  readonly #informers: SharedInformers;
  readonly #recorder: EventRecorder;
  readonly #runtimePods: RuntimePods;
  readonly #statuses: StatusWriter;
  readonly #workers: PodWorkers;
  readonly #reporter: NodeReporter;
  readonly #keeper: PodKeeper;
  readonly #statics: StaticPods;
  /** as it registered itself, until the API's is seen */
  #initialNode: Node | undefined;

  constructor(options: KubeletOptions) {
    const { nodeName, client, cri, agent, clock, random, onError } = options;
    const configuration = { ...DEFAULT_CONFIGURATION, ...options.configuration };
    const known = new KnownPods();
    this.#informers = new SharedInformers({ client, clock, random, onError });
    const nodes = this.#informers.of(resources.nodes, {
      fieldSelector: `metadata.name=${nodeName}`,
    });
    this.#recorder = new EventRecorder({
      client,
      clock,
      random,
      source: { component: 'kubelet', host: nodeName },
      onError,
    });
    this.#runtimePods = new RuntimePods({ cri, agent, clock, onError });
    this.#statuses = new StatusWriter({
      client,
      clock,
      onError,
      mayRun: (uid) => this.#workers.has(uid) && !this.#workers.isTerminated(uid),
    });
    const workers = (): PodWorkers => this.#workers;
    const store = storeOf({
      known,
      runtimePods: this.#runtimePods,
      statuses: this.#statuses,
      workers,
    });
    this.#context = {
      ...options,
      configuration,
      informers: this.#informers,
      pods: store,
      events: new KubeletEvents(this.#recorder, nodeName),
      node: () => nodes.store.get({ name: nodeName }) ?? this.#initialNode,
      capacity: () => {
        const { cores = 1, memory = 0 } = this.#reporter.facts ?? {};
        return { cpu: cores, memory };
      },
    };
    this.#parts = options.makeParts(this.#context);
    this.#reporter = new NodeReporter({
      context: this.#context,
      nodes,
      pressure: () => this.#parts.pressure,
      onChange: () => this.#keeper.wakeAll(),
    });
    const mirrors = new MirrorPods(this.#context, known);
    const work = new PodSteps({
      context: this.#context,
      parts: this.#parts,
      runtimePods: this.#runtimePods,
      statuses: this.#statuses,
      runtimeName: () => this.#reporter.runtimeName,
      networkProblem: () => this.#reporter.networkProblem,
      mirror: (pod) => void mirrors.reconcile(pod).catch(onError),
      isBlocked: (pod) => this.#keeper.isBlocked(pod),
    });
    this.#workers = new PodWorkers({
      clock,
      random,
      work,
      resync: configuration.syncFrequency,
      onError,
    });
    this.#keeper = new PodKeeper({
      context: this.#context,
      parts: this.#parts,
      known,
      workers: this.#workers,
      work,
      statuses: this.#statuses,
      runtimePods: this.#runtimePods,
      mirrors,
    });
    this.#statics = new StaticPods(this.#context, this.#keeper.staticHandler);
  }

  /** The kubelet's API, as on port 10250. */
  get handle(): HttpHandler {
    return this.#parts.server;
  }

  /**
   * Resolves when static Pods are on their way and the API is asked for the rest: it may be that only a
   * static Pod brings the API up. Everything ends with the signal; what runs goes on running.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { events, onError } = this.#context;
    signal.addEventListener('abort', () => this.#dispose(), { once: true });
    await this.#reporter.look();
    this.#initialNode = await this.#reporter.initialNode();
    await this.#parts.cgroups.start();
    await this.#reporter.start();
    events.node('Normal', 'Starting', 'Starting kubelet.');
    await this.#runtimePods.start();
    void this.#statuses.run();
    this.#parts.probes.results(({ podUid }) => this.#workers.wake(podUid));
    this.#runtimePods.changed((uid) => this.#workers.wake(uid));
    void renewLease(this.#context, signal);
    for (const run of this.#parts.loops) run(signal).catch(onError);
    await this.#statics.start();
    if (signal.aborted) return;
    void this.#keeper.start(signal).catch(onError);
  }

  #dispose(): void {
    this.#workers.dispose();
    this.#runtimePods.dispose();
    this.#statuses.dispose();
    this.#reporter.dispose();
    this.#statics.dispose();
    this.#informers.dispose();
    this.#recorder.dispose();
  }
}
