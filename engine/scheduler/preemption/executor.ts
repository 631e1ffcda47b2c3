import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PreemptionHandle } from '../framework/plugin.ts';
import { conditionPatch } from '../../objects/pod-condition.ts';
import type { Candidate } from './candidates.ts';

const NAME = 'DefaultPreemption';

/** Removes the victims of a preemption beside the scheduling of other Pods. */
export class PreemptionExecutor {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #pods: ObjectStore<Pod>;
  readonly #handle: PreemptionHandle;
  /** preemptors whose victims are being removed, by uid; with the last one, once all others are gone */
  readonly #running = new Map<string, Pod | undefined>();

  constructor(client: Client, clock: Clock, pods: ObjectStore<Pod>, handle: PreemptionHandle) {
    this.#client = client;
    this.#clock = clock;
    this.#pods = pods;
    this.#handle = handle;
  }

  /** The preemptor need not be tried: its victims have not been asked to end yet. */
  isRunning({ metadata: { uid = '' } }: Pod): boolean {
    if (!this.#running.has(uid)) return false;
    const last = this.#running.get(uid);
    if (last === undefined) return true;
    const stored = this.#pods.get(last.metadata);
    return stored !== undefined && stored.metadata.deletionTimestamp === undefined;
  }

  start(candidate: Candidate, preemptor: Pod): void {
    const victims = candidate.victims.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const { uid = '' } = preemptor.metadata;
    if (victims.length === 0) return;
    this.#running.set(uid, undefined);
    void this.#run(candidate.nodeName, victims, preemptor)
      .catch((error: unknown) => {
        this.#handle.onError(error);
        return true;
      })
      .then((retry) => {
        this.#running.delete(uid);
        // Otherwise the end of the last victim brings the preemptor back.
        if (retry) this.#handle.activate(preemptor);
      });
  }

  /** True: nothing will happen that brings the preemptor back. */
  async #run(nodeName: string, victims: readonly Pod[], preemptor: Pod): Promise<boolean> {
    const { priority = 0 } = preemptor.spec;
    for (const pod of this.#handle.nominatedBelow(nodeName, priority))
      await this.#patchStatus(pod, { nominatedNodeName: null });
    const last = victims.at(-1);
    const others = victims.slice(0, -1);
    await Promise.all(others.map((victim) => this.#remove(victim, preemptor, nodeName)));
    if (last === undefined) return false;
    this.#running.set(preemptor.metadata.uid ?? '', last);
    return this.#remove(last, preemptor, nodeName);
  }

  /** True: it only waited in the scheduler. */
  async #remove(victim: Pod, preemptor: Pod, nodeName: string): Promise<boolean> {
    const note = `Preempted by pod ${preemptor.metadata.uid ?? ''} on node ${nodeName}`;
    if (this.#handle.rejectWaiting(victim, NAME, 'preempted')) {
      this.#handle.recordPreempted(victim, preemptor, `${note} (in kube-scheduler memory).`);
      return true;
    }
    const condition = conditionPatch(
      victim,
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${preemptor.spec.schedulerName ?? ''}: preempting to accommodate a higher priority pod`,
      },
      this.#clock.now(),
    );
    try {
      if (condition !== undefined) await this.#patchStatus(victim, { conditions: [condition] });
      await this.#client.delete(resources.pods, victim.metadata);
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return false;
      throw error;
    }
    this.#handle.recordPreempted(victim, preemptor, note);
    return false;
  }

  async #patchStatus({ metadata }: Pod, status: object): Promise<void> {
    const { name = '', namespace = '', uid } = metadata;
    await this.#client.patch(
      resources.pods,
      { name, namespace },
      { type: 'strategic', patch: { metadata: { uid }, status } },
      { subresource: 'status' },
    );
  }
}
