import type { LabMachine, Stop } from '../engine/api/lab.ts';
import type { Clock } from '../engine/base/clock.ts';
import type { ClusterFacts, DockerFacts, LessonWorld, Trigger } from './checks.ts';
import { ClusterView } from './cluster-view.ts';
import { getRequest, MachineView } from './machine-view.ts';
import type { OtherMachines } from './other-machines.ts';
import { machineOf, type Place } from './place.ts';

/** Terminals live where they are shown; this is how a world hears what is printed in them. */
export type OnTerminal = (listener: (text: string) => void) => Stop;

/** Characters that are kept of what terminals print. */
const MOST_PRINTED = 64 * 1024;

const ESCAPE = String.fromCodePoint(27);
/** Colours, movements of the cursor, titles of windows. */
const CONTROL_SEQUENCE = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${ESCAPE}\\u0007]*(?:\\u0007|${ESCAPE}\\\\))`,
  'g',
);

/** Where a lesson happens, as checks look at it. */
export class LabWorld extends MachineView implements LessonWorld {
  readonly #machine: () => LabMachine;
  readonly #cluster: ClusterView | undefined;
  readonly #others: OtherMachines | undefined;
  readonly #onTerminal: OnTerminal;
  readonly #stopTerminal: Stop;
  readonly #dockerListeners = new Set<() => void>();
  #stopDocker: Stop | undefined;
  #printed = '';

  constructor(place: Place, onTerminal: OnTerminal, clock: Clock) {
    const machine = () => machineOf(place);
    super(machine);
    this.#machine = machine;
    this.#cluster = place.kind === 'cluster' ? new ClusterView(place.cluster, clock) : undefined;
    this.#others = place.kind === 'machine' ? place.others : undefined;
    this.#onTerminal = onTerminal;
    this.#stopTerminal = onTerminal((text) => {
      this.#printed = (this.#printed + text).slice(-MOST_PRINTED);
    });
  }

  get cluster(): ClusterFacts {
    return this.#clusterView;
  }

  machine(name: string): DockerFacts | undefined {
    const machine = this.#others?.running(name);
    return machine === undefined ? undefined : new MachineView(() => machine);
  }

  printed(): string {
    return this.#printed.replaceAll(CONTROL_SEQUENCE, '').replaceAll('\r', '');
  }

  on(trigger: Trigger, listener: () => void): Stop {
    switch (trigger.kind) {
      case 'terminal':
        return this.#onTerminal(listener);
      case 'docker':
        return this.#onDocker(listener);
      case 'files':
        return trigger.node === undefined
          ? this.onFiles(trigger.path, listener)
          : this.#clusterView.node(trigger.node).onFiles(trigger.path, listener);
      case 'objects':
        return this.#clusterView.onObjects(trigger.resource, listener);
      case 'machines':
        return this.#others?.onChange(listener) ?? (() => {});
      case 'nodes':
        return this.#clusterView.onNodes(listener);
    }
  }

  /** Nothing is watched any more. */
  dispose(): void {
    this.#stopTerminal();
    this.#stopDocker?.();
    this.#cluster?.dispose();
  }

  get #clusterView(): ClusterView {
    if (this.#cluster === undefined) throw new Error('This lesson has no cluster.');
    return this.#cluster;
  }

  /** All listeners share one stream of the engine's events. */
  #onDocker(listener: () => void): Stop {
    this.#dockerListeners.add(listener);
    this.#stopDocker ??= this.#followDocker();
    return () => {
      this.#dockerListeners.delete(listener);
      if (this.#dockerListeners.size > 0) return;
      this.#stopDocker?.();
      this.#stopDocker = undefined;
    };
  }

  /** Follows an engine whenever there is one: also one that was started anew. */
  #followDocker(): Stop {
    const ending = new AbortController();
    const tell = (): void => {
      for (const listener of this.#dockerListeners) listener();
    };
    const follow = async (): Promise<void> => {
      try {
        const request = { ...getRequest('http://docker/events'), signal: ending.signal };
        const { body } = await this.#machine().docker(request);
        tell();
        if (body !== null) for await (const _ of body) tell();
      } catch {
        // The engine has ended; `onEngine` tells when there is another one.
      }
    };
    if (this.#machine().engine().kind === 'ready') void follow();
    const stop = this.#machine().onEngine((state) => {
      if (state.kind === 'ready') void follow();
    });
    return () => {
      stop();
      ending.abort();
    };
  }
}
