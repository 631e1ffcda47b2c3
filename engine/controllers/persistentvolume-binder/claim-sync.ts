import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import type { PersistentVolume, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import { defaultStorageClass } from '../../objects/default-class.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOf,
  isVolumeOf,
  namesClass,
  SELECTED_NODE,
  withAnnotation,
} from '../../objects/volumes/claims.ts';
import { matchingVolume, mismatch } from '../../objects/volumes/matching-volume.ts';
import { isPodTerminal } from '../pods/pod-state.ts';
import type { Claim, VolumeWriter } from './volume-writer.ts';

const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const OLD_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';

interface ClaimSyncOptions {
  readonly writer: VolumeWriter;
  readonly recorder: EventRecorder;
  readonly classes: ObjectStore<StorageClass>;
  readonly podsByClaim: Index<Pod>;
}

/** Binds claims to volumes, or asks for one to be made. */
export class ClaimSync {
  readonly #options: ClaimSyncOptions;

  constructor(options: ClaimSyncOptions) {
    this.#options = options;
  }

  async sync(claim: Claim): Promise<void> {
    if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) await this.#syncBound(claim);
    else if ((claim.spec.volumeName ?? '') === '') await this.#syncFree(claim);
    else await this.#syncAsking(claim);
  }

  /** It takes any volume that fits. */
  async #syncFree(claim: Claim): Promise<void> {
    const { writer, recorder, classes } = this.#options;
    const waits =
      classes.get({ name: classOf(claim) })?.volumeBindingMode === 'WaitForFirstConsumer';
    const volume = bestVolume(claim, writer.volumes.list(), waits);
    if (volume !== undefined) {
      await writer.bind(volume, claim);
      return;
    }
    const usual = namesClass(claim) ? undefined : defaultStorageClass(classes.list());
    if (usual !== undefined) {
      const { name: storageClassName } = usual.metadata;
      await writer.updateClaim({ ...claim, spec: { ...claim.spec, storageClassName } });
      return;
    }
    const isSelected = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
    if (waits && !isSelected) this.#tellOfWaiting(claim);
    else if (classOf(claim) !== '') {
      await this.#provision(claim);
      return;
    } else
      recorder.event(
        claim,
        'Normal',
        'FailedBinding',
        'no persistent volumes available for this claim and no storage class is set',
      );
    await writer.setClaimPhase(claim, 'Pending');
  }

  #tellOfWaiting(claim: Claim): void {
    const { recorder, podsByClaim } = this.#options;
    const names = podsByClaim
      .get(keyOf(claim.metadata))
      .filter((pod) => !isPodTerminal(pod) && (pod.spec.nodeName ?? '') === '')
      .map(({ metadata }) => metadata.name);
    if (names.length === 0)
      recorder.event(
        claim,
        'Normal',
        'WaitForFirstConsumer',
        'waiting for first consumer to be created before binding',
      );
    else
      recorder.event(
        claim,
        'Normal',
        'WaitForPodScheduled',
        `waiting for pod${names.length > 1 ? 's' : ''} ${names.join(',')} to be scheduled`,
      );
  }

  /** All provisioners are outside: they are asked by an annotation. */
  async #provision(claim: Claim): Promise<void> {
    const { writer, recorder, classes } = this.#options;
    const name = classOf(claim);
    const storageClass = classes.get({ name });
    const provisioner = storageClass?.provisioner ?? '';
    const failure =
      storageClass === undefined
        ? `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`
        : provisioner.startsWith('kubernetes.io/')
          ? 'no volume plugin matched'
          : undefined;
    if (failure !== undefined) {
      recorder.event(claim, 'Warning', 'ProvisioningFailed', failure);
      return;
    }
    if (claim.metadata.annotations?.[PROVISIONER] !== provisioner)
      await writer.updateClaim(
        withAnnotation(
          withAnnotation(claim, OLD_PROVISIONER, provisioner),
          PROVISIONER,
          provisioner,
        ),
      );
    recorder.event(
      claim,
      'Normal',
      'ExternalProvisioning',
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    );
  }

  /** It names the volume it wants. */
  async #syncAsking(claim: Claim): Promise<void> {
    const { writer, recorder } = this.#options;
    const { volumeName = '' } = claim.spec;
    const volume = writer.volumes.get(volumeName);
    if (volume === undefined) {
      await writer.setClaimPhase(claim, 'Pending');
      return;
    }
    if (volume.spec.claimRef === undefined) {
      const problem = mismatch(volume, claim);
      if (problem === undefined) {
        await writer.bind(volume, claim);
        return;
      }
      const message = `Cannot bind to requested volume ${JSON.stringify(volumeName)}: ${problem}`;
      recorder.event(claim, 'Warning', 'VolumeMismatch', message);
      await writer.setClaimPhase(claim, 'Pending');
      return;
    }
    if (isVolumeOf(volume, claim)) {
      await writer.bind(volume, claim);
      return;
    }
    const message = `volume ${JSON.stringify(volumeName)} already bound to a different claim.`;
    recorder.event(claim, 'Warning', 'FailedBinding', message);
    if (claim.metadata.annotations?.[BOUND_BY_CONTROLLER] === undefined) {
      await writer.setClaimPhase(claim, 'Pending');
      return;
    }
    const owner = keyOf(volume.spec.claimRef);
    throw new Error(
      `invalid binding of claim ${JSON.stringify(keyOf(claim.metadata))} to volume ${JSON.stringify(volumeName)}: volume already claimed by ${JSON.stringify(owner)}`,
    );
  }

  /** It had a volume: has it still? */
  async #syncBound(claim: Claim): Promise<void> {
    const { writer } = this.#options;
    const { volumeName = '' } = claim.spec;
    const volume = volumeName === '' ? undefined : writer.volumes.get(volumeName);
    if (volumeName === '')
      await this.#lose(
        claim,
        'ClaimLost',
        'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
      );
    else if (volume === undefined)
      await this.#lose(
        claim,
        'ClaimLost',
        'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
      );
    else if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid)
      await writer.bind(volume, claim);
    else
      await this.#lose(
        claim,
        'ClaimMisbound',
        'Two claims are bound to the same volume, this one is bound incorrectly',
      );
  }

  async #lose(claim: Claim, reason: string, message: string): Promise<void> {
    if (claim.status?.phase === 'Lost') return;
    const { writer, recorder } = this.#options;
    recorder.event(await writer.setClaimPhase(claim, 'Lost'), 'Warning', reason, message);
  }
}

/** The one that is reserved, or the smallest among those that can do as little else as possible. */
function bestVolume<T extends PersistentVolume>(
  claim: Claim,
  volumes: readonly T[],
  onlyReserved: boolean,
): T | undefined {
  const groups = new Map<string, T[]>();
  for (const volume of volumes) {
    const key = (volume.spec.accessModes ?? []).toSorted().join();
    groups.set(key, [...(groups.get(key) ?? []), volume]);
  }
  const wanted = claim.spec.accessModes ?? [];
  const fitting = [...groups]
    .map(([key, group]) => ({ modes: key.split(','), group }))
    .filter(({ modes }) => wanted.every((mode) => modes.includes(mode)))
    .toSorted((one, other) => one.modes.length - other.modes.length);
  for (const { group } of fitting) {
    const found = matchingVolume(claim, group, { onlyReserved });
    if (found !== undefined) return found;
  }
  return undefined;
}
