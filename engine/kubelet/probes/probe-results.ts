import { Emitter } from '../../base/emitter.ts';
import type { ProbeKind, ProbeOutcome, Probes } from '../contracts.ts';

type Change = Parameters<Parameters<Probes['results']>[0]>[0];

/** The last outcomes of probes by container (pkg/kubelet/prober/results). */
export class ProbeResults {
  readonly #outcomes: Readonly<Record<ProbeKind, Map<string, ProbeOutcome>>> = {
    liveness: new Map(),
    readiness: new Map(),
    startup: new Map(),
  };
  readonly #changes = new Emitter<Change>();
  /** An outcome that is new or another one than before. */
  readonly changes = this.#changes.event;

  get(kind: ProbeKind, containerId: string): ProbeOutcome | undefined {
    return this.#outcomes[kind].get(containerId);
  }

  set(change: Change): void {
    const { kind, containerId, outcome } = change;
    if (this.#outcomes[kind].get(containerId) === outcome) return;
    this.#outcomes[kind].set(containerId, outcome);
    this.#changes.fire(change);
  }

  remove(kind: ProbeKind, containerId: string): void {
    this.#outcomes[kind].delete(containerId);
  }
}
