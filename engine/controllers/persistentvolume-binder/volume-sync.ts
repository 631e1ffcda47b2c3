import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type Index } from '../../client/informer/object-store.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { hasVolumeMode } from '../../objects/volumes/matching-volume.ts';
import { isPodTerminal } from '../pods/pod-state.ts';
import type { Claim, PhysicalVolume, VolumeWriter } from './volume-writer.ts';

const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

interface VolumeSyncOptions {
  readonly client: Client;
  readonly writer: VolumeWriter;
  readonly recorder: EventRecorder;
  readonly podsByClaim: Index<Pod>;
  /** asks for a claim to be worked on */
  readonly queueClaim: (key: string) => void;
}

/** Says in which phase volumes are, and what becomes of those whose claims are gone. */
export class VolumeSync {
  readonly #options: VolumeSyncOptions;

  constructor(options: VolumeSyncOptions) {
    this.#options = options;
  }

  async sync(volume: PhysicalVolume): Promise<void> {
    const { writer, queueClaim } = this.#options;
    const { claimRef } = volume.spec;
    if (claimRef === undefined || (claimRef.uid ?? '') === '') {
      await writer.setVolumePhase(volume, 'Available');
      return;
    }
    const claim = await this.#claimOf(volume);
    if (claim === undefined) await this.#release(volume);
    else if ((claim.spec.volumeName ?? '') === '') {
      if (hasVolumeMode(volume, claim)) queueClaim(keyOf(claim.metadata));
      else this.#tellOfModes(volume, claim);
    } else if (claim.spec.volumeName === volume.metadata.name)
      await writer.setVolumePhase(volume, 'Bound');
    else if (isProvisioned(volume) && volume.spec.persistentVolumeReclaimPolicy === 'Delete')
      await this.#release(volume);
    else await writer.unbind(volume);
  }

  /** The claim a volume is bound to, by its uid; the API server is asked before it counts as gone. */
  async #claimOf({ spec, status }: PhysicalVolume): Promise<Claim | undefined> {
    const { claimRef = {} } = spec;
    const { namespace = '', name = '', uid } = claimRef;
    let claim = this.#options.writer.claims.get(keyOf({ namespace, name }));
    const isOver = status?.phase === 'Released' || status?.phase === 'Failed';
    if (claim === undefined ? !isOver : claim.metadata.uid !== uid) {
      try {
        claim = await this.#options.client.get(resources.persistentVolumeClaims, {
          namespace,
          name,
        });
      } catch (error) {
        if (reasonOf(error) !== 'NotFound') throw error;
        return undefined;
      }
    }
    return claim?.metadata.uid === uid ? claim : undefined;
  }

  #tellOfModes(volume: PhysicalVolume, claim: Claim): void {
    const { recorder } = this.#options;
    const name = JSON.stringify(volume.metadata.name);
    const claimName = JSON.stringify(claim.metadata.name);
    recorder.event(
      volume,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${claimName} due to incompatible volumeMode.`,
    );
    recorder.event(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume ${name} to requested PersistentVolumeClaim due to incompatible volumeMode.`,
    );
  }

  async #release(bound: PhysicalVolume): Promise<void> {
    const { phase } = bound.status ?? {};
    const isOver = phase === 'Released' || phase === 'Failed';
    const volume = isOver ? bound : await this.#options.writer.setVolumePhase(bound, 'Released');
    switch (volume.spec.persistentVolumeReclaimPolicy ?? 'Retain') {
      case 'Retain':
        return;
      case 'Recycle':
        await this.#recycle(volume);
        return;
      case 'Delete':
        await this.#delete(volume);
    }
  }

  async #recycle(volume: PhysicalVolume): Promise<void> {
    const { podsByClaim, recorder, writer } = this.#options;
    const { namespace = '', name = '' } = volume.spec.claimRef ?? {};
    const key = keyOf({ namespace, name });
    const users = podsByClaim.get(key).filter((pod) => !isPodTerminal(pod));
    if (users.length > 0 && writer.claims.get(key) === undefined) {
      const names = users.map(({ metadata }) => keyOf(metadata)).toSorted();
      const message = `Volume is used by pods: ${names.join(',')}`;
      recorder.event(volume, 'Normal', 'VolumeFailedRecycle', message);
      return;
    }
    // Only NFS and hostPath of single-node clusters ever could, by a Pod that wipes it.
    await this.#fail(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!');
  }

  /** What a provisioner has made it deletes; of other volumes nobody knows how. */
  async #delete(volume: PhysicalVolume): Promise<void> {
    if (isProvisioned(volume) || volume.spec.csi !== undefined) return;
    await this.#fail(
      volume,
      'VolumeFailedDelete',
      `error getting deleter volume plugin for volume ${JSON.stringify(volume.metadata.name)}: no deletable volume plugin matched`,
    );
  }

  async #fail(volume: PhysicalVolume, reason: string, message: string): Promise<void> {
    if (volume.status?.phase === 'Failed') return;
    const { recorder, writer } = this.#options;
    const failed = await writer.setVolumePhase(volume, 'Failed', message);
    recorder.event(failed, 'Warning', reason, message);
  }
}

function isProvisioned({ metadata }: PhysicalVolume): boolean {
  return metadata.annotations?.[PROVISIONED_BY] !== undefined;
}
