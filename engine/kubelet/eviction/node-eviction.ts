import { sleep } from '../../base/clock.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext, NodePressure } from '../contracts.ts';
import { isStaticPod } from '../status/phase.ts';
import type { StatsProvider } from '../stats/stats-provider.ts';
import { evictionMessage, hasStorageLimit, rank, storageExcess } from './ranking.ts';
import {
  MEANINGS,
  mostUrgent,
  NO_PRESSURE,
  observe,
  pressuresOf,
  remember,
  thresholdsMet,
  thresholdsOf,
  type Pressure,
  type Threshold,
} from './thresholds.ts';

/** Processes that Linux allows (`kernel.pid_max`). */
const MAX_PIDS = 32_768;
/** From this priority on a Pod is critical (scheduling.SystemCriticalPriority). */
const CRITICAL_PRIORITY = 2_000_000_000;

const WORDS: Readonly<Record<Pressure, readonly [reason: string, message: string][]>> = {
  MemoryPressure: [
    ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
  ],
  DiskPressure: [
    ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
  ],
  PIDPressure: [
    ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
  ],
};
const PRESSURES = Object.keys(WORDS) as Pressure[];

export interface EvictionOptions {
  readonly context: Pick<KubeletContext, 'clock' | 'configuration' | 'events' | 'onError' | 'pods'>;
  readonly stats: Pick<StatsProvider, 'node' | 'pods' | 'podsWithStorage'>;
  /** frees disk without ending Pods: dead containers and unused images */
  readonly reclaimDisk: () => Promise<void>;
}

/** Ends Pods when the node is short of memory, disk or processes, and tells the pressure it is under (pkg/kubelet/eviction). */
export class NodeEviction implements NodePressure {
  readonly #options: EvictionOptions;
  readonly #thresholds: readonly Threshold[];
  #memory = NO_PRESSURE;

  constructor(options: EvictionOptions) {
    this.#options = options;
    this.#thresholds = thresholdsOf(options.context.configuration);
  }

  conditions(): ReturnType<NodePressure['conditions']> {
    const { clock, configuration } = this.#options.context;
    const present = pressuresOf(
      this.#memory,
      configuration.evictionPressureTransitionPeriod,
      clock.now(),
    );
    return PRESSURES.map((type) => {
      const isPresent = present.has(type);
      const [reason = '', message = ''] = WORDS[type][isPresent ? 1 : 0] ?? [];
      return { type, status: isPresent ? ('True' as const) : ('False' as const), reason, message };
    });
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, configuration, onError } = this.#options.context;
    while (!signal.aborted) {
      await sleep(clock, configuration.evictionMonitoringPeriod, signal).catch(() => {});
      if (!signal.aborted) await this.look().catch(onError);
    }
  }

  /** Looks once; at most one Pod is evicted for want of a resource. Resolves when it has ended. */
  async look(): Promise<void> {
    const { context, stats } = this.#options;
    const now = context.clock.now();
    const observations = observe(await stats.node(true), MAX_PIDS);
    this.#memory = remember(this.#memory, thresholdsMet(this.#thresholds, observations), now);
    const active = context.pods
      .list()
      .filter(({ metadata: { uid = '' } }) => !context.pods.isTerminating(uid));
    if (await this.#evictForExcess(active)) return;
    const urgent = mostUrgent(this.#memory, now);
    if (urgent === undefined) return;
    const { resource, pressure } = MEANINGS[urgent.signal];
    context.events.node('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (pressure === 'DiskPressure' && (await this.#isReclaimed())) return;
    const measured = await (pressure === 'DiskPressure' ? stats.podsWithStorage() : stats.pods());
    const byUid = new Map(measured.map((one) => [one.podRef.uid, one]));
    const statsOf = ({ metadata }: Pod) => byUid.get(metadata.uid ?? '');
    const victim = rank(active, resource, statsOf).find((pod) => !isCritical(pod));
    if (victim === undefined) return;
    const { evictionMaxPodGracePeriodSeconds } = context.configuration;
    const { terminationGracePeriodSeconds = 30 } = victim.spec;
    const grace =
      urgent.gracePeriod === 0
        ? 1
        : Math.min(evictionMaxPodGracePeriodSeconds, terminationGracePeriodSeconds);
    const message = evictionMessage(urgent, observations, victim, statsOf(victim));
    await this.#evict(victim, message, grace, true);
  }

  async #isReclaimed(): Promise<boolean> {
    const { context, stats, reclaimDisk } = this.#options;
    await reclaimDisk().catch(context.onError);
    const observations = observe(await stats.node(true), MAX_PIDS);
    return thresholdsMet(this.#thresholds, observations).length === 0;
  }

  /** Pods that take more of the disk than they may. True when there were any. */
  async #evictForExcess(active: readonly Pod[]): Promise<boolean> {
    const limited = active.filter((pod) => hasStorageLimit(pod) && !isCritical(pod));
    if (limited.length === 0) return false;
    const measured = await this.#options.stats.podsWithStorage();
    const excessive = limited.flatMap((pod) => {
      const stats = measured.find(({ podRef }) => podRef.uid === pod.metadata.uid);
      const message = stats === undefined ? undefined : storageExcess(pod, stats);
      return message === undefined ? [] : [{ pod, message }];
    });
    for (const { pod, message } of excessive) await this.#evict(pod, message, 1, false);
    return excessive.length > 0;
  }

  async #evict(pod: Pod, message: string, grace: number, isDisruption: boolean): Promise<void> {
    const { events, pods } = this.#options.context;
    events.pod(pod, 'Warning', 'Evicted', message);
    const conditions = [
      {
        type: 'DisruptionTarget',
        status: 'True' as const,
        reason: 'TerminationByKubelet',
        message,
      },
    ];
    const status = { phase: 'Failed' as const, reason: 'Evicted', message };
    await pods.evict(
      pod.metadata.uid ?? '',
      isDisruption ? { ...status, conditions } : status,
      grace,
    );
  }
}

/** Static Pods, and those that the cluster cannot do without. */
const isCritical = (pod: Pod): boolean =>
  isStaticPod(pod) || (pod.spec.priority ?? 0) >= CRITICAL_PRIORITY;
