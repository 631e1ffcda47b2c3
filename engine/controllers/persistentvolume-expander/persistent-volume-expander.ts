import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
} from '../../objects/generated/core-v1.generated.ts';
import { capacityOf, storageRequestOf } from '../../objects/volumes/matching-volume.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';

const WORKERS = 10;

/**
 * Says of claims that are to grow that somebody else has to do it (upstream's `volume/expand`): no
 * kind of volume is left that kube-controller-manager itself could make larger.
 */
export class PersistentVolumeExpander implements Controller {
  readonly #recorder: EventRecorder;
  readonly #claims: ObjectStore<PersistentVolumeClaim>;
  readonly #volumes: ObjectStore<PersistentVolume>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#recorder = context.recorder('volume_expand');
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const claims = informers.of(resources.persistentVolumeClaims);
    this.#claims = claims.store;
    this.#volumes = informers.of(resources.persistentVolumes).store;
    const add = (claim: Stored<PersistentVolumeClaim>): void => {
      if (claim.status?.phase === 'Bound') this.#queue.add(keyOf(claim.metadata));
    };
    claims.addHandler({
      onAdd: add,
      onUpdate: (old, claim) => {
        if (storageRequestOf(claim) > storageRequestOf(old)) add(claim);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  #sync(key: string): Promise<void> {
    const claim = this.#claims.getByKey(key);
    const volume = this.#volumes.get({ name: claim?.spec.volumeName ?? '' });
    if (claim === undefined || volume === undefined) return Promise.resolve();
    if (volume.spec.claimRef?.uid !== claim.metadata.uid)
      throw new Error(`persistent Volume is not bound to PVC being updated : ${key}`);
    if (storageRequestOf(claim) > capacityOf(claim))
      this.#recorder.event(
        claim,
        volume.spec.csi === undefined ? 'Warning' : 'Normal',
        'ExternalExpanding',
        'waiting for an external controller to expand this PVC',
      );
    return Promise.resolve();
  }
}
