import { sleep } from '../../base/clock.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
} from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { podsByClaim } from '../volumes/pods-by-claim.ts';
import { workOn } from '../work-loop.ts';
import { ClaimSync } from './claim-sync.ts';
import { VolumeSync } from './volume-sync.ts';
import { VolumeWriter } from './volume-writer.ts';

/** `--pvclaimbinder-sync-period`: milliseconds after which everything is looked at again. */
const SYNC_PERIOD_MS = 15_000;

/** Binds claims and volumes to each other (upstream's `persistentvolume`). */
export class PersistentVolumeBinder implements Controller {
  readonly #context: ControllerContext;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #claimQueue: WorkQueue;
  readonly #volumeQueue: WorkQueue;
  readonly #writer: VolumeWriter;
  readonly #claimSync: ClaimSync;
  readonly #volumeSync: VolumeSync;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, informers, onError } = context;
    // Somebody else was quicker: that is no failure, and shows soon.
    const tell = (error: unknown): void => {
      if (reasonOf(error) !== 'Conflict') onError(error);
    };
    this.#claimQueue = new WorkQueue({ clock, onError: tell });
    this.#volumeQueue = new WorkQueue({ clock, onError: tell });
    this.#claims = informers.of(resources.persistentVolumeClaims);
    this.#volumes = informers.of(resources.persistentVolumes);
    this.#writer = new VolumeWriter(client, this.#claims, this.#volumes);
    const common = {
      writer: this.#writer,
      recorder: context.recorder('persistentvolume-controller'),
      podsByClaim: podsByClaim(informers.of(resources.pods).store),
    };
    const { store: classes } = informers.of(resources.storageClasses);
    this.#claimSync = new ClaimSync({ ...common, classes });
    this.#volumeSync = new VolumeSync({
      ...common,
      client,
      queueClaim: (key) => this.#claimQueue.add(key),
    });
    const addTo =
      (queue: WorkQueue) =>
      ({ metadata }: Stored<KubernetesObject>): void =>
        queue.add(keyOf(metadata));
    const addClaim = addTo(this.#claimQueue);
    const addVolume = addTo(this.#volumeQueue);
    this.#claims.addHandler({
      onAdd: addClaim,
      onUpdate: (_old, claim) => addClaim(claim),
      onDelete: ({ spec }) => {
        if ((spec.volumeName ?? '') !== '') this.#volumeQueue.add(spec.volumeName ?? '');
      },
    });
    this.#volumes.addHandler({
      onAdd: addVolume,
      onUpdate: (_old, volume) => addVolume(volume),
      onDelete: ({ spec }) => {
        if (spec.claimRef !== undefined) this.#claimQueue.add(keyOf(spec.claimRef));
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#claimQueue, 1, signal, async (key) => {
        const claim = this.#claims.store.getByKey(key) && this.#writer.claims.get(key);
        if (claim !== undefined) await this.#claimSync.sync(claim);
      }),
      workOn(this.#volumeQueue, 1, signal, async (key) => {
        const volume = this.#volumes.store.getByKey(key) && this.#writer.volumes.get(key);
        if (volume !== undefined) await this.#volumeSync.sync(volume);
      }),
      this.#resync(signal),
    ]);
  }

  /** Classes, Pods and volumes come and go: what had to wait may go on. */
  async #resync(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#context.clock, SYNC_PERIOD_MS, signal).catch(() => {});
      for (const key of this.#claims.store.keys) this.#claimQueue.add(key);
      for (const key of this.#volumes.store.keys) this.#volumeQueue.add(key);
    }
  }
}
