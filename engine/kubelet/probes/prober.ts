import { isSidecar } from '../../objects/pod-resources.ts';
import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext, ProbeKind, Probes } from '../contracts.ts';
import { ProbeMetrics } from './probe-metrics.ts';
import { ProbeResults } from './probe-results.ts';
import { ProbeWorker, type ProbeSharing } from './probe-worker.ts';
import type { ProbeTools } from './run-probe.ts';

type ProberContext = Pick<KubeletContext, 'pods' | 'events' | 'clock' | 'random' | 'onError'> &
  Omit<ProbeTools, 'version'>;

const KINDS: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];

const probeOf = (container: Container, kind: ProbeKind) => container[`${kind}Probe`];

/**
 * Probes containers (pkg/kubelet/prober): each probe of each container has a worker, which lives as long as the
 * Pod and finds out for itself which container there is at the moment.
 */
export class Prober implements Probes {
  readonly metrics = new ProbeMetrics();
  readonly #sharing: ProbeSharing;
  readonly #onError: (error: unknown) => void;
  readonly #workers = new Map<string, ProbeWorker>();

  /** @param version of Kubernetes, such as `1.37` */
  constructor(context: ProberContext, version: string) {
    const { agent, clock, cri } = context;
    this.#onError = context.onError;
    this.#sharing = {
      context,
      tools: { agent, clock, cri, version },
      results: new ProbeResults(),
      metrics: this.metrics,
      startedAt: clock.now(),
    };
  }

  get results(): Probes['results'] {
    return this.#sharing.results.changes;
  }

  add(pod: Pod): void {
    const { containers, initContainers = [] } = pod.spec;
    for (const container of [...containers, ...initContainers.filter(isSidecar)])
      for (const kind of KINDS) {
        const spec = probeOf(container, kind);
        const key = keyOf(kind, pod.metadata.uid ?? '', container.name);
        if (spec === undefined || this.#workers.has(key)) continue;
        const worker = new ProbeWorker(kind, pod, container, spec, this.#sharing);
        this.#workers.set(key, worker);
        void worker
          .run()
          .catch(this.#onError)
          .finally(() => {
            if (this.#workers.get(key) === worker) this.#workers.delete(key);
          });
      }
  }

  /** Not those of sidecars, which end after the containers. */
  stopLiveness(uid: string): void {
    this.#end(
      ({ pod, kind, container }) =>
        pod.metadata.uid === uid && kind !== 'readiness' && !isSidecar(container),
    );
  }

  remove(uid: string): void {
    this.#end(({ pod }) => pod.metadata.uid === uid);
  }

  retain(uids: ReadonlySet<string>): void {
    this.#end(({ pod }) => !uids.has(pod.metadata.uid ?? ''));
  }

  outcome(kind: ProbeKind, containerId: string) {
    return this.#sharing.results.get(kind, containerId);
  }

  isProbed(kind: ProbeKind, podUid: string, containerName: string): boolean {
    return this.#workers.has(keyOf(kind, podUid, containerName));
  }

  trigger(kind: ProbeKind, podUid: string, containerName: string): void {
    this.#workers.get(keyOf(kind, podUid, containerName))?.trigger();
  }

  #end(isMeant: (worker: ProbeWorker) => boolean): void {
    for (const [key, worker] of this.#workers) {
      if (!isMeant(worker)) continue;
      this.#workers.delete(key);
      worker.stop();
    }
  }
}

const keyOf = (kind: ProbeKind, uid: string, container: string): string =>
  `${kind}/${uid}/${container}`;
