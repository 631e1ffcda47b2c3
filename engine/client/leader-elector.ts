import { sleep, type Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Lease, LeaseSpec } from '../objects/generated/coordination-v1.generated.ts';
import { formatMicroTime } from '../objects/time.ts';
import { given, type Client } from './client.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import type { Stored } from './resource.ts';
import { resources } from './resources.ts';
import { reasonOf } from './response-failure.ts';

export interface LeaderElectorOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** of this candidate; unique among all */
  readonly identity: string;
  /** Milliseconds others wait after the last sign of life; 15 s as upstream's components when absent. */
  readonly leaseDuration?: number;
  /** Milliseconds a leader tries to renew before it gives up; 10 s when absent. Less than `leaseDuration`. */
  readonly renewDeadline?: number;
  /** Milliseconds between attempts; 2 s when absent. */
  readonly retryPeriod?: number;
  /** Give the lease up when stopping, so that another need not wait for its end. */
  readonly releaseOnCancel?: boolean;
  readonly onNewLeader?: (identity: string) => void;
  readonly recorder?: EventRecorder;
  /** told of attempts that failed; they are repeated */
  readonly onError: (error: unknown) => void;
}

/** An attempt to acquire waits longer by up to this share, so that candidates do not march in step. */
const JITTER = 1.2;

/**
 * Leader election by a Lease, with the rules of client-go's `tools/leaderelection`. A candidate
 * never compares clocks: a lease has run out when it has not changed for its duration by the
 * candidate's own clock.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #leaseDuration: number;
  readonly #renewDeadline: number;
  readonly #retryPeriod: number;
  /** the last version seen */
  #lease: Stored<Lease> | undefined;
  #observed: LeaseSpec = {};
  /** `monotonic` milliseconds when it was seen to change */
  #observedAt = 0;
  #reported = '';

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#leaseDuration = options.leaseDuration ?? 15_000;
    this.#renewDeadline = options.renewDeadline ?? 10_000;
    this.#retryPeriod = options.retryPeriod ?? 2000;
  }

  /** identity; empty when nobody leads as far as is known */
  get leader(): string {
    return this.#observed.holderIdentity ?? '';
  }

  get isLeader(): boolean {
    return this.leader === this.#options.identity;
  }

  /**
   * Waits until it leads, then calls `lead`, whose signal aborts when it leads no longer. Resolves
   * when `lead` has ended after that, or when `signal` aborts before. To stand again, run again.
   */
  async run(signal: AbortSignal, lead: (leading: AbortSignal) => Promise<void>): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    this.#record('became leader');
    const leading = new AbortController();
    const work = lead(leading.signal);
    // One that fails stops leading.
    const renewing = new AbortController();
    work.then(
      () => renewing.abort(),
      () => renewing.abort(),
    );
    const stop = (): void => renewing.abort();
    signal.addEventListener('abort', stop, { once: true });
    await this.#renew(renewing.signal);
    signal.removeEventListener('abort', stop);
    leading.abort();
    this.#record('stopped leading');
    try {
      await work;
    } finally {
      if (this.#options.releaseOnCancel === true) await this.#release();
    }
  }

  /**
   * Runs, and stands again when it leads no longer, until `signal` aborts; what `lead` fails with is
   * told. Upstream's components end instead, and their kubelet starts them again.
   */
  async standAgain(
    signal: AbortSignal,
    lead: (leading: AbortSignal) => Promise<void>,
  ): Promise<void> {
    while (!signal.aborted) {
      await this.run(signal, lead).catch(this.#options.onError);
      await this.#pause(this.#retryPeriod, signal);
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#try(signal)) return true;
      const wait = this.#retryPeriod * (1 + this.#options.random.next() * JITTER);
      await this.#pause(wait, signal);
    }
    return false;
  }

  /** Resolves when it could not renew in time or is told to stop. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let deadline = clock.monotonic() + this.#renewDeadline;
    while (!signal.aborted && clock.monotonic() < deadline) {
      // An attempt that hangs must not keep it leading.
      const over = new AbortController();
      const late = this.#pause(
        deadline - clock.monotonic(),
        AbortSignal.any([signal, over.signal]),
      );
      const succeeded = await Promise.race([this.#try(over.signal), late.then(() => false)]);
      over.abort();
      if (succeeded) deadline = clock.monotonic() + this.#retryPeriod + this.#renewDeadline;
      const left = deadline - clock.monotonic();
      await this.#pause(Math.min(this.#retryPeriod, Math.max(0, left)), signal);
    }
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, milliseconds, signal).catch(() => {});
  }

  /** Acquires or renews once. */
  async #try(signal: AbortSignal): Promise<boolean> {
    let succeeded = false;
    try {
      succeeded = await this.#acquireOrRenew(signal);
    } catch (error) {
      if (!signal.aborted) this.#options.onError(error);
    }
    if (this.leader !== this.#reported) {
      this.#reported = this.leader;
      this.#options.onNewLeader?.(this.leader);
    }
    return succeeded;
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    if (this.isLeader && this.#isValid() && this.#lease !== undefined) {
      try {
        await this.#write(this.#lease, this.#next(), signal);
        return true;
      } catch {
        // Somebody else may have changed it: look.
      }
    }
    const lease = await this.#read(signal);
    if (lease === undefined) {
      await this.#create(signal);
      return true;
    }
    if (JSON.stringify(lease.spec) !== JSON.stringify(this.#observed)) this.#observe(lease.spec);
    const { holderIdentity = '' } = lease.spec;
    if (holderIdentity !== '' && this.#isValid() && !this.isLeader) return false;
    await this.#write(lease, this.#next(), signal);
    return true;
  }

  /** What it writes to lead, or to go on leading. */
  #next(): LeaseSpec {
    const now = formatMicroTime(this.#options.clock.now());
    const { acquireTime = now, leaseTransitions = 0 } = this.#observed;
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.floor(this.#leaseDuration / 1000),
      acquireTime: this.isLeader ? acquireTime : now,
      renewTime: now,
      leaseTransitions: this.isLeader ? leaseTransitions : leaseTransitions + 1,
    };
  }

  async #release(): Promise<void> {
    const now = formatMicroTime(this.#options.clock.now());
    try {
      for (;;) {
        const lease = await this.#read();
        if (lease === undefined || lease.spec.holderIdentity !== this.#options.identity) return;
        const { leaseTransitions = 0 } = lease.spec;
        const spec = {
          leaseDurationSeconds: 1,
          acquireTime: now,
          renewTime: now,
          leaseTransitions,
        };
        try {
          await this.#write(lease, spec);
          return;
        } catch (error) {
          if (reasonOf(error) !== 'Conflict') throw error;
        }
      }
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #read(signal?: AbortSignal): Promise<Stored<Lease> | undefined> {
    try {
      return await this.#options.client.get(resources.leases, this.#options.lease, given(signal));
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return undefined;
      throw error;
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    const spec = { ...this.#next(), leaseTransitions: 0 };
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...this.#options.lease },
      spec,
    };
    this.#lease = await this.#options.client.create(resources.leases, lease, { signal });
    this.#observe(spec);
  }

  async #write(lease: Stored<Lease>, spec: LeaseSpec, signal?: AbortSignal): Promise<void> {
    const { client } = this.#options;
    this.#lease = await client.update(resources.leases, { ...lease, spec }, given(signal));
    this.#observe(spec);
  }

  #observe(spec: LeaseSpec): void {
    this.#observed = spec;
    this.#observedAt = this.#options.clock.monotonic();
  }

  #isValid(): boolean {
    const { leaseDurationSeconds = 0 } = this.#observed;
    return this.#observedAt + leaseDurationSeconds * 1000 > this.#options.clock.monotonic();
  }

  #record(what: string): void {
    if (this.#lease === undefined) return;
    const { recorder, identity } = this.#options;
    recorder?.event(this.#lease, 'Normal', 'LeaderElection', `${identity} ${what}`);
  }
}
