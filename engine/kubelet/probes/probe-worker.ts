import { messageOf } from '../../base/message-of.ts';
import type {
  Container,
  ContainerStatus,
  Pod,
  PodStatus,
  Probe,
} from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext, ProbeKind, ProbeOutcome } from '../contracts.ts';
import { parseContainerId } from '../status/container-id.ts';
import type { ProbeMetrics } from './probe-metrics.ts';
import type { ProbeResult } from './probe-result.ts';
import type { ProbeResults } from './probe-results.ts';
import { runProbe, type ProbeTools } from './run-probe.ts';

export interface ProbeSharing {
  readonly context: Pick<KubeletContext, 'pods' | 'events' | 'clock' | 'random'>;
  readonly tools: ProbeTools;
  readonly results: ProbeResults;
  readonly metrics: ProbeMetrics;
  /** when the kubelet was started, UNIX milliseconds */
  readonly startedAt: number;
}

/** What a container is taken for before its first probe. */
const INITIAL: Readonly<Record<ProbeKind, ProbeOutcome>> = {
  readiness: 'failure',
  liveness: 'success',
  startup: 'unknown',
};
const NAMES: Readonly<Record<ProbeKind, string>> = {
  readiness: 'Readiness',
  liveness: 'Liveness',
  startup: 'Startup',
};
/** A probe that cannot be made is tried so often before that is said. */
const MOST_TRIES = 3;
/** A container that was started so long before the kubelet keeps what it was taken for. Milliseconds. */
const RESTART_GRACE_MS = 10_000;

/** Makes one probe of one container again and again (pkg/kubelet/prober/worker.go). */
export class ProbeWorker {
  readonly kind: ProbeKind;
  readonly pod: Pod;
  readonly container: Container;
  readonly #spec: Probe;
  readonly #sharing: ProbeSharing;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #triggered = false;
  /** of the runtime; empty before there is one */
  #containerId = '';
  #last: ProbeOutcome | undefined;
  /** how often in a row it was the same */
  #run = 0;
  /** nothing is probed until there is a new container */
  #onHold = false;

  constructor(kind: ProbeKind, pod: Pod, container: Container, spec: Probe, sharing: ProbeSharing) {
    this.kind = kind;
    this.pod = pod;
    this.container = container;
    this.#spec = spec;
    this.#sharing = sharing;
  }

  /** Until it is stopped, or the container will not run again. */
  async run(): Promise<void> {
    const { clock, random } = this.#sharing.context;
    const period = (this.#spec.periodSeconds ?? 10) * 1000;
    // After a restart of the kubelet, not all at once.
    if (clock.now() - this.#sharing.startedAt < period) await this.#wait(random.next() * period);
    let next = clock.monotonic() + period;
    while (!this.#stop.signal.aborted && (await this.#once())) {
      const now = clock.monotonic();
      if (await this.#wait(next - now)) next = clock.monotonic() + period;
      else next += period * Math.max(1, Math.ceil((clock.monotonic() - next) / period));
    }
    if (this.#containerId !== '') this.#sharing.results.remove(this.kind, this.#containerId);
    this.#sharing.metrics.forget(NAMES[this.kind], this.pod, this.container.name);
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** Probes now, and in periods from now on. */
  trigger(): void {
    this.#triggered = true;
    this.#wake();
  }

  /** True when it was woken by `trigger`. */
  async #wait(milliseconds: number): Promise<boolean> {
    if (!this.#triggered && !this.#stop.signal.aborted)
      await new Promise<void>((resolve) => {
        const timer = this.#sharing.context.clock.setTimer(resolve, milliseconds);
        this.#wake = () => {
          timer.dispose();
          resolve();
        };
      });
    this.#wake = () => {};
    const triggered = this.#triggered;
    this.#triggered = false;
    return triggered;
  }

  /** False when there is nothing to probe any more. */
  async #once(): Promise<boolean> {
    const { pods, clock } = this.#sharing.context;
    const uid = this.pod.metadata.uid ?? '';
    const status = pods.status(uid);
    if (status === undefined) return true;
    if (status.phase === 'Failed' || status.phase === 'Succeeded') return false;
    const current = this.#statusIn(status);
    if (current === undefined) return true;
    this.#meet(current);
    if (this.#onHold) return true;
    const { running, terminated } = current.state ?? {};
    if (running === undefined) {
      this.#set('failure');
      return terminated === undefined || this.#mayRestart(terminated.exitCode);
    }
    const isEnding = pods.byUid(uid)?.metadata.deletionTimestamp !== undefined;
    if (isEnding && this.kind !== 'readiness') {
      this.#set('success');
      return false;
    }
    const age = (clock.now() - Date.parse(running.startedAt ?? '')) / 1000;
    if (age < (this.#spec.initialDelaySeconds ?? 0)) return true;
    // Nothing else counts before a container has started, and the startup probe no more after that.
    if ((current.started === true) === (this.kind === 'startup')) return true;
    await this.#probe(status.podIP ?? '');
    return true;
  }

  #statusIn({ containerStatuses = [], initContainerStatuses = [] }: PodStatus) {
    return [...containerStatuses, ...initContainerStatuses].find(
      ({ name, containerID = '' }) => name === this.container.name && containerID !== '',
    );
  }

  /** There may be another container than last time. */
  #meet({ containerID = '', state, started }: ContainerStatus): void {
    const id = parseContainerId(containerID);
    if (id === this.#containerId) return;
    const { results, startedAt } = this.#sharing;
    if (this.#containerId !== '') results.remove(this.kind, this.#containerId);
    this.#containerId = id;
    this.#onHold = false;
    const since = Date.parse(state?.running?.startedAt ?? '');
    const isOlder = since < startedAt - RESTART_GRACE_MS;
    if (this.#isSidecar && this.kind === 'startup' && started === true) this.#set('success');
    if (!isOlder) this.#set(INITIAL[this.kind]);
  }

  get #isSidecar(): boolean {
    return (this.pod.spec.initContainers ?? []).some(({ name }) => name === this.container.name);
  }

  #mayRestart(exitCode: number): boolean {
    const policy = this.container.restartPolicy ?? this.pod.spec.restartPolicy ?? 'Always';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  #set(outcome: ProbeOutcome): void {
    this.#sharing.results.set({
      podUid: this.pod.metadata.uid ?? '',
      containerId: this.#containerId,
      kind: this.kind,
      outcome,
    });
  }

  async #probe(podIp: string): Promise<void> {
    const { context, metrics } = this.#sharing;
    const containerId = this.#containerId;
    const begun = context.clock.monotonic();
    const outcome = await this.#try(podIp);
    // It is about a container that is gone.
    if (outcome === undefined || containerId !== this.#containerId || this.#stop.signal.aborted)
      return;
    const seconds = (context.clock.monotonic() - begun) / 1000;
    metrics.record(NAMES[this.kind], this.pod, this.container.name, outcome, seconds);
    this.#run = this.#last === outcome ? this.#run + 1 : 1;
    this.#last = outcome;
    const { failureThreshold = 3, successThreshold = 1 } = this.#spec;
    if (this.#run < (outcome === 'failure' ? failureThreshold : successThreshold)) return;
    this.#set(outcome);
    if ((this.kind === 'liveness' && outcome === 'failure') || this.kind === 'startup') {
      this.#onHold = true;
      this.#run = 0;
    }
  }

  /** Undefined when the probe could not be made. */
  async #try(podIp: string): Promise<'success' | 'failure' | undefined> {
    const { tools } = this.#sharing;
    const target = { container: this.container, containerId: this.#containerId, podIp };
    let result: ProbeResult | undefined;
    let reason: unknown;
    for (let tries = 0; tries < MOST_TRIES && result === undefined; tries++)
      result = await runProbe(tools, this.#spec, target).catch((error: unknown) => {
        reason = error;
        return undefined;
      });
    const name = NAMES[this.kind];
    if (result === undefined) {
      this.#tell(
        'Unhealthy',
        `${name} probe errored and resulted in unknown state: ${messageOf(reason)}`,
      );
      return undefined;
    }
    if (result.result === 'warning')
      this.#tell('ProbeWarning', `${name} probe warning: ${result.output}`);
    if (result.result === 'failure')
      this.#tell('Unhealthy', `${name} probe failed: ${result.output}`);
    return result.result === 'failure' ? 'failure' : 'success';
  }

  #tell(reason: string, message: string): void {
    if (this.#stop.signal.aborted) return;
    const { events } = this.#sharing.context;
    events.pod(this.pod, 'Warning', reason, message, this.container.name);
  }
}
