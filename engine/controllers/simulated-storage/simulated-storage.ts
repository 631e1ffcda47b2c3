import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
} from '../../objects/generated/core-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import { classOf, SELECTED_NODE } from '../../objects/volumes/claims.ts';
import { capacityOf, storageRequestOf } from '../../objects/volumes/matching-volume.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';
import { PROVISIONER, simulatedVolume } from './simulated-volume.ts';

const WORKERS = 4;
const ASKED = 'volume.kubernetes.io/storage-provisioner';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/**
 * Makes, enlarges and deletes volumes that are directories nobody looks into: the provisioner and the
 * resizer that a cluster with storage has beside kube-controller-manager, with their events
 * (sig-storage-lib-external-provisioner, external-resizer). Simulated; its name says so.
 */
export class SimulatedStorage implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #claims: ObjectStore<PersistentVolumeClaim>;
  readonly #volumes: ObjectStore<PersistentVolume>;
  readonly #classes: ObjectStore<StorageClass>;
  readonly #claimQueue: WorkQueue;
  readonly #volumeQueue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorder(PROVISIONER);
    const { clock, onError, informers } = context;
    this.#claimQueue = new WorkQueue({ clock, onError });
    this.#volumeQueue = new WorkQueue({ clock, onError });
    const claims = informers.of(resources.persistentVolumeClaims);
    const volumes = informers.of(resources.persistentVolumes);
    this.#claims = claims.store;
    this.#volumes = volumes.store;
    this.#classes = informers.of(resources.storageClasses).store;
    const addClaim = ({ metadata }: Stored<PersistentVolumeClaim>): void => {
      if (metadata.annotations?.[ASKED] === PROVISIONER) this.#claimQueue.add(keyOf(metadata));
    };
    const addVolume = ({ metadata, status }: Stored<PersistentVolume>): void => {
      const isOver = status?.phase === 'Released' || status?.phase === 'Failed';
      if (isOver && metadata.annotations?.[PROVISIONED_BY] === PROVISIONER)
        this.#volumeQueue.add(metadata.name);
    };
    claims.addHandler({ onAdd: addClaim, onUpdate: (_old, claim) => addClaim(claim) });
    volumes.addHandler({ onAdd: addVolume, onUpdate: (_old, volume) => addVolume(volume) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#claimQueue, WORKERS, signal, (key) => this.#syncClaim(key)),
      workOn(this.#volumeQueue, WORKERS, signal, (name) => this.#syncVolume(name)),
    ]);
  }

  async #syncClaim(key: string): Promise<void> {
    const claim = this.#claims.getByKey(key);
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return;
    if ((claim.spec.volumeName ?? '') === '') await this.#provision(claim);
    else if (claim.status?.phase === 'Bound' && storageRequestOf(claim) > capacityOf(claim))
      await this.#enlarge(claim);
  }

  async #provision(claim: Stored<PersistentVolumeClaim>): Promise<void> {
    const storageClass = this.#classes.get({ name: classOf(claim) });
    if (storageClass?.provisioner !== PROVISIONER) return;
    const node = claim.metadata.annotations?.[SELECTED_NODE];
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && node === undefined) return;
    const volume = simulatedVolume(claim, storageClass, node);
    const { name = '' } = volume.metadata;
    if (this.#volumes.get({ name }) !== undefined) return;
    this.#recorder.event(
      claim,
      'Normal',
      'Provisioning',
      `External provisioner is provisioning volume for claim "${keyOf(claim.metadata)}"`,
    );
    try {
      await this.#context.client.create(resources.persistentVolumes, volume);
    } catch (error) {
      if (reasonOf(error) === 'AlreadyExists') return;
      throw error;
    }
    this.#recorder.event(
      claim,
      'Normal',
      'ProvisioningSucceeded',
      `Successfully provisioned volume ${name}`,
    );
  }

  async #enlarge(claim: Stored<PersistentVolumeClaim>): Promise<void> {
    const { client } = this.#context;
    const { volumeName = '', resources: wanted } = claim.spec;
    const volume = this.#volumes.get({ name: volumeName });
    const storage = wanted?.requests?.['storage'];
    if (volume === undefined || storage === undefined) return;
    this.#recorder.event(
      claim,
      'Normal',
      'Resizing',
      `External resizer is resizing volume ${volumeName}`,
    );
    await client.update(resources.persistentVolumes, {
      ...volume,
      spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage } },
    });
    const capacity = { ...claim.status?.capacity, storage };
    await client.update(
      resources.persistentVolumeClaims,
      { ...claim, status: { ...claim.status, capacity } },
      { subresource: 'status' },
    );
    this.#recorder.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
  }

  async #syncVolume(name: string): Promise<void> {
    const volume = this.#volumes.get({ name });
    const { persistentVolumeReclaimPolicy } = volume?.spec ?? {};
    if (volume?.status?.phase !== 'Released' || persistentVolumeReclaimPolicy !== 'Delete') return;
    try {
      await this.#context.client.delete(resources.persistentVolumes, { name });
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
