import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { PersistentVolume } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { hasFinalizer, withFinalizer, withoutFinalizer } from '../volumes/finalizers.ts';
import { workOn } from '../work-loop.ts';

const FINALIZER = 'kubernetes.io/pv-protection';

/** Lets a volume that is deleted go only once no claim has it (upstream's `pvprotection`). */
export class VolumeProtection implements Controller {
  readonly #context: ControllerContext;
  readonly #volumes: ObjectStore<PersistentVolume>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const volumes = informers.of(resources.persistentVolumes);
    this.#volumes = volumes.store;
    const add = (volume: Stored<PersistentVolume>): void => {
      const isProtected = hasFinalizer(volume, FINALIZER);
      const isDeleted = volume.metadata.deletionTimestamp !== undefined;
      if (isProtected === isDeleted) this.#queue.add(volume.metadata.name);
    };
    volumes.addHandler({ onAdd: add, onUpdate: (_old, volume) => add(volume) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, 1, signal, (name) => this.#sync(name));
  }

  async #sync(name: string): Promise<void> {
    const volume = this.#volumes.get({ name });
    if (volume === undefined) return;
    const isProtected = hasFinalizer(volume, FINALIZER);
    const isDeleted = volume.metadata.deletionTimestamp !== undefined;
    if (isProtected !== isDeleted || (isDeleted && volume.status?.phase === 'Bound')) return;
    const changed = isDeleted
      ? withoutFinalizer(volume, FINALIZER)
      : withFinalizer(volume, FINALIZER);
    try {
      await this.#context.client.update(resources.persistentVolumes, changed);
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
