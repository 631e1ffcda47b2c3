import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Nominator } from '../queue/nominator.ts';
import { StateKey, type CycleState } from './cycle-state.ts';
import type { Plugin } from './plugin.ts';
import { SKIP, unresolvable, type Rejection } from './status.ts';

/** A plugin at the extension point where nodes are scored. */
export interface WeightedPlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

/** Which plugins a profile runs at each extension point, in order. */
export interface ExtensionPoints {
  readonly preEnqueue: readonly Plugin[];
  readonly queueSort: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly WeightedPlugin[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];
}

/** The scores of one plugin, for each node in order. */
export interface PluginScores {
  readonly plugin: string;
  readonly weight: number;
  readonly raw: readonly number[];
  /** between 0 and 100 */
  readonly normalized: readonly number[];
}

export interface PreFilterOutcome {
  /** of a plugin that refuses the Pod on every node */
  readonly rejection?: Rejection;
  /** the only nodes to look at; all when absent */
  readonly nodeNames?: ReadonlySet<string>;
  /** the plugins that named nodes */
  readonly namedBy: readonly string[];
}

/** The plugins that did not skip at their first extension point, which is why they run later. */
interface Running {
  filters: readonly Plugin[];
  /** those of the filters that follow what is added and removed */
  followers: readonly Plugin[];
}
const RUNNING = new StateKey<Running>('running');

/** One profile: its plugins, and how each extension point runs them. */
export class Framework {
  readonly schedulerName: string;
  readonly points: ExtensionPoints;
  /** of this profile; the scheduler's own when absent */
  readonly percentageOfNodesToScore: number | undefined;
  readonly #snapshot: Snapshot;
  readonly #nominator: Nominator;
  readonly #plugins: readonly Plugin[];

  constructor(options: {
    readonly schedulerName: string;
    readonly points: ExtensionPoints;
    readonly percentageOfNodesToScore?: number | undefined;
    readonly snapshot: Snapshot;
    readonly nominator: Nominator;
  }) {
    this.schedulerName = options.schedulerName;
    this.points = options.points;
    this.percentageOfNodesToScore = options.percentageOfNodesToScore;
    this.#snapshot = options.snapshot;
    this.#nominator = options.nominator;
    const { score, ...others } = options.points;
    this.#plugins = [
      ...new Set([...Object.values(others).flat(), ...score.map(({ plugin }) => plugin)]),
    ];
  }

  preFilter(state: CycleState, pod: PodInfo): PreFilterOutcome {
    const { points } = this;
    const skipped = new Set<Plugin>();
    const namedBy: string[] = [];
    let nodeNames: ReadonlySet<string> | undefined;
    let rejection: Rejection | undefined;
    for (const plugin of points.preFilter) {
      const result = plugin.preFilter?.(state, pod);
      if (result === SKIP) {
        skipped.add(plugin);
      } else if (result !== undefined && 'code' in result) {
        // The others still have to prepare for preemption, which may help against this one.
        if (result.code !== 'Unschedulable') return { rejection: result, namedBy: [] };
        rejection = result;
      } else if (result !== undefined) {
        namedBy.push(plugin.name);
        const { nodeNames: named } = result;
        nodeNames =
          nodeNames === undefined
            ? named
            : new Set([...nodeNames].filter((name) => named.has(name)));
        if (nodeNames.size === 0) return { rejection: noNode(namedBy), nodeNames, namedBy };
      }
    }
    const filters = points.filter.filter((plugin) => !skipped.has(plugin));
    state.write(RUNNING, {
      filters,
      followers: points.preFilter.filter(
        (plugin) => !skipped.has(plugin) && plugin.addPod !== undefined,
      ),
    });
    return {
      ...(rejection === undefined ? {} : { rejection }),
      ...(nodeNames === undefined ? {} : { nodeNames }),
      namedBy: namedBy.toSorted(),
    };
  }

  /** The first refusal. */
  filter(state: CycleState, pod: PodInfo, node: NodeInfo): Rejection | undefined {
    for (const plugin of state.read(RUNNING)?.filters ?? []) {
      const rejection = plugin.filter?.(state, pod, node);
      if (rejection !== undefined) return rejection;
    }
    return undefined;
  }

  /** The names of the filters that run for the Pod. */
  filtersOf(state: CycleState): string[] {
    return (state.read(RUNNING)?.filters ?? []).map(({ name }) => name);
  }

  /**
   * A node with nominated Pods of the same or higher priority has to fit with them and, since they
   * may never come, without them.
   */
  filterWithNominated(state: CycleState, pod: PodInfo, node: NodeInfo): Rejection | undefined {
    if (!this.#nominator.isEmpty) {
      const nominated = this.#nominator
        .podsFor(node.name)
        .filter(({ uid, priority }) => uid !== pod.uid && priority >= pod.priority);
      if (nominated.length > 0) {
        const trial = node.clone();
        const trialState = state.clone();
        for (const other of nominated) {
          trial.addPod(other);
          this.addPod(trialState, pod, other, trial);
        }
        const rejection = this.filter(trialState, pod, trial);
        if (rejection !== undefined) return rejection;
      }
    }
    return this.filter(state, pod, node);
  }

  addPod(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): void {
    for (const plugin of state.read(RUNNING)?.followers ?? [])
      plugin.addPod?.(state, pod, added, node);
  }

  removePod(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): void {
    for (const plugin of state.read(RUNNING)?.followers ?? [])
      plugin.removePod?.(state, pod, removed, node);
  }

  /** Scores of each plugin that has an opinion. */
  score(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): PluginScores[] {
    const skipped = new Set<Plugin>();
    for (const plugin of this.points.preScore)
      if (plugin.preScore?.(state, pod, nodes) === SKIP) skipped.add(plugin);
    const result: PluginScores[] = [];
    for (const { plugin, weight } of this.points.score) {
      if (skipped.has(plugin)) continue;
      const raw = nodes.map((node) => plugin.score?.(state, pod, node) ?? 0);
      let normalized = raw;
      if (plugin.normalize !== undefined) {
        normalized = [...raw];
        plugin.normalize(state, normalized, nodes);
      }
      result.push({ plugin: plugin.name, weight, raw, normalized });
    }
    return result;
  }

  /** Undoes what was reserved when one refuses. */
  reserve(state: CycleState, pod: PodInfo, nodeName: string): Rejection | undefined {
    for (const plugin of this.points.reserve) {
      const rejection = plugin.reserve?.(state, pod, nodeName);
      if (rejection === undefined) continue;
      this.unreserve(state, pod, nodeName);
      return rejection;
    }
    return undefined;
  }

  unreserve(state: CycleState, pod: PodInfo, nodeName: string): void {
    for (const plugin of this.points.reserve.toReversed()) plugin.unreserve?.(state, pod, nodeName);
  }

  /** Whether anything is done before the binding is written. */
  hasPreBind(state: CycleState, pod: PodInfo, nodeName: string): boolean {
    return this.points.preBind.some(
      (plugin) => plugin.preBindPreFlight?.(state, pod, nodeName) !== SKIP,
    );
  }

  async preBind(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<void> {
    for (const plugin of this.points.preBind) await plugin.preBind?.(state, pod, nodeName, signal);
  }

  /** @throws what the plugin that binds failed with */
  async bind(state: CycleState, pod: PodInfo, nodeName: string): Promise<void> {
    for (const plugin of this.points.bind)
      if ((await plugin.bind?.(state, pod, nodeName)) !== SKIP) break;
    for (const plugin of this.points.postBind) plugin.postBind?.(state, pod, nodeName);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** All of them, each once. */
  get plugins(): readonly Plugin[] {
    return this.#plugins;
  }
}

function noNode(plugins: readonly string[]): Rejection {
  const [first = ''] = plugins;
  return unresolvable(
    first,
    plugins.length === 1
      ? `node(s) didn't satisfy plugin ${first}`
      : `node(s) didn't satisfy plugin(s) [${plugins.toSorted().join(' ')}] simultaneously`,
  );
}
