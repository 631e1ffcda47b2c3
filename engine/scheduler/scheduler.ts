import type { SchedulerService } from '../api/scheduler.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { runSoon } from '../base/run-soon.ts';
import type { Client } from '../client/client.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { SchedulerCache } from './cache/scheduler-cache.ts';
import type { SchedulerConfiguration } from './configuration/configuration.ts';
import { extensionPointsOf } from './configuration/extension-points.ts';
import { builtInPlugins, type PluginRegistry } from './configuration/registry.ts';
import { BindingCycle } from './cycle/binding-cycle.ts';
import { FailureHandler } from './cycle/failure-handler.ts';
import { NodeSearch } from './cycle/schedule-pod.ts';
import { SchedulingCycle } from './cycle/scheduling-cycle.ts';
import { WaitingPods } from './cycle/waiting-pods.ts';
import { DecisionLog } from './decisions/decision-log.ts';
import { Framework } from './framework/framework.ts';
import type { PluginHandle } from './framework/plugin.ts';
import { ClusterInformers } from './informers/cluster-informers.ts';
import { followCluster } from './informers/follow-cluster.ts';
import { preemptionHandle } from './preemption/preemption-handle.ts';
import { ProfileEvents } from './profile-events.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: SharedInformers;
  readonly clock: Clock;
  readonly random: Random;
  readonly configuration: SchedulerConfiguration;
  /** besides those that come with it */
  readonly plugins?: PluginRegistry;
  /** of the machine, for events */
  readonly hostName: string;
  /** told of what went wrong without a Pod to be told */
  readonly onError: (error: unknown) => void;
}

/** The scheduler works for so many milliseconds before it lets informers have their turn. */
const SLICE_MS = 5;
/** More bindings than this on their way to the API server would only wait there. */
const MOST_BINDINGS = 256;

/**
 * kube-scheduler: gives Pods nodes. One Pod at a time is decided about, in one turn of the event
 * loop; bindings are written beside that.
 */
export class Scheduler implements Disposable {
  readonly #options: SchedulerOptions;
  readonly #owned = new DisposableStore();
  readonly #queue: SchedulingQueue;
  readonly #cycle: SchedulingCycle;
  readonly #binding: BindingCycle;
  readonly #informers: ClusterInformers;
  readonly #frameworks = new Map<string, Framework>();
  readonly #decisions = new DecisionLog();
  readonly #waiting: WaitingPods;

  /** Throws a ConfigurationError. Begins with `run`. */
  constructor(options: SchedulerOptions) {
    const { client, clock, random, configuration, onError } = options;
    this.#options = options;
    const cache = new SchedulerCache();
    const informers = new ClusterInformers(options.informers);
    this.#informers = informers;
    const waiting = new WaitingPods(clock);
    this.#waiting = waiting;
    const queue: SchedulingQueue = new SchedulingQueue({
      clock,
      // All profiles have the same one.
      compare: (a, b) =>
        this.#framework(a.schedulerName)?.points.queueSort[0]?.compare?.(a, b) ?? 0,
      pluginsOf: (name) => this.#framework(name)?.plugins ?? [],
      preEnqueueOf: (name) => this.#framework(name)?.points.preEnqueue ?? [],
      initialBackoffMilliseconds: configuration.podInitialBackoffSeconds * 1000,
      maxBackoffMilliseconds: configuration.podMaxBackoffSeconds * 1000,
      onError,
    });
    this.#queue = this.#owned.add(queue);
    const names = configuration.profiles.map(({ schedulerName }) => schedulerName);
    const events = this.#owned.add(new ProfileEvents(names, options));
    for (const profile of configuration.profiles) {
      const { schedulerName, percentageOfNodesToScore } = profile;
      const preemption = preemptionHandle({
        framework: () => framework,
        queue,
        waiting,
        events,
        onError,
      });
      const handle: PluginHandle = {
        stores: informers.stores,
        snapshot: cache,
        client,
        clock,
        random,
        preemption,
      };
      const registry = { ...builtInPlugins, ...options.plugins };
      const points = extensionPointsOf(profile, registry, handle);
      const framework: Framework = new Framework({
        schedulerName,
        points,
        percentageOfNodesToScore,
        snapshot: cache,
        nominator: queue.nominator,
      });
      this.#frameworks.set(schedulerName, framework);
    }
    const failures = new FailureHandler({
      client,
      clock,
      queue,
      events,
      pods: informers.stores.pods,
      onError,
    });
    const common = { clock, cache, queue, events, failures, decisions: this.#decisions };
    const search = new NodeSearch(random, configuration.percentageOfNodesToScore);
    this.#binding = new BindingCycle({ ...common, client, waiting, onError });
    this.#cycle = new SchedulingCycle({ ...common, search, binding: this.#binding });
    followCluster({
      informers,
      cache,
      queue,
      waiting,
      isResponsible: ({ spec }) => this.#framework(spec.schedulerName ?? '') !== undefined,
    });
  }

  /** What is known of recent decisions. */
  get service(): SchedulerService {
    return {
      decisions: async () => this.#decisions.list(),
      explain: async (namespace, name) => this.#decisions.explain(namespace, name),
      onDecision: async (listener) => void this.#owned.add(this.#decisions.onDecision(listener)),
    };
  }

  /** The Pods that wait, by queue. */
  get pending(): SchedulingQueue['sizes'] {
    return this.#queue.sizes;
  }

  /** Lets Pods go on that a Permit plugin holds. */
  get waitingPods(): WaitingPods {
    return this.#waiting;
  }

  /** Schedules until the signal; bindings on their way are left to end. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await this.#informers.synced(signal);
    if (signal.aborted) return;
    signal.addEventListener('abort', () => this.#queue.dispose(), { once: true });
    this.#queue.start();
    let sliceEnd = clock.monotonic() + SLICE_MS;
    while (!signal.aborted) {
      await this.#binding.fewerThan(MOST_BINDINGS);
      const pod = this.#queue.pop();
      if (pod === undefined) {
        await this.#queue.waiting();
        continue;
      }
      const framework = this.#framework(pod.schedulerName);
      if (framework === undefined) this.#queue.done(pod.uid);
      else this.#cycle.run(framework, pod);
      if (clock.monotonic() < sliceEnd) continue;
      await new Promise<void>((resolve) => runSoon(resolve));
      sliceEnd = clock.monotonic() + SLICE_MS;
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #framework(schedulerName: string): Framework | undefined {
    return this.#frameworks.get(schedulerName);
  }
}
