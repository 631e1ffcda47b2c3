import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer/informer.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimStatus,
} from '../../objects/generated/core-v1.generated.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  withAnnotation,
  withClaim,
  withoutAnnotation,
} from '../../objects/volumes/claims.ts';
import { capacityOf, storageOf } from '../../objects/volumes/matching-volume.ts';
import { Latest } from './latest.ts';

export type Claim = Stored<PersistentVolumeClaim>;
export type PhysicalVolume = Stored<PersistentVolume>;
type VolumePhase = NonNullable<NonNullable<PersistentVolume['status']>['phase']>;
type ClaimPhase = NonNullable<PersistentVolumeClaimStatus['phase']>;

/** Status of a claim in a phase; the same object when nothing changes. */
function claimStatus(
  claim: PersistentVolumeClaim,
  phase: ClaimPhase,
  volume: PersistentVolume | undefined,
): PersistentVolumeClaimStatus {
  const { status = {} } = claim;
  if (volume === undefined) {
    const { accessModes, capacity, currentVolumeAttributesClassName, ...rest } = status;
    const isSame =
      status.phase === phase &&
      accessModes === undefined &&
      capacity === undefined &&
      currentVolumeAttributesClassName === undefined;
    return isSame ? status : { ...rest, phase };
  }
  const { accessModes, capacity, volumeAttributesClassName } = volume.spec;
  const isNew = status.phase !== phase;
  const changed: PersistentVolumeClaimStatus = {
    ...status,
    phase,
    ...(accessModes === undefined ? {} : { accessModes }),
    ...(isNew && capacity !== undefined && capacityOf(claim) !== storageOf(volume)
      ? { capacity }
      : {}),
    ...(isNew && volumeAttributesClassName !== undefined
      ? { currentVolumeAttributesClassName: volumeAttributesClassName }
      : {}),
  };
  return JSON.stringify(changed) === JSON.stringify(status) ? status : changed;
}

/** Writes claims and volumes, and remembers what informers do not show yet. */
export class VolumeWriter {
  readonly claims: Latest<PersistentVolumeClaim>;
  readonly volumes: Latest<PersistentVolume>;
  readonly #client: Client;

  constructor(
    client: Client,
    claims: Informer<PersistentVolumeClaim>,
    volumes: Informer<PersistentVolume>,
  ) {
    this.#client = client;
    this.claims = new Latest(claims);
    this.volumes = new Latest(volumes);
  }

  async updateClaim(claim: Claim): Promise<Claim> {
    return this.claims.put(await this.#client.update(resources.persistentVolumeClaims, claim));
  }

  async updateVolume(volume: PhysicalVolume): Promise<PhysicalVolume> {
    return this.volumes.put(await this.#client.update(resources.persistentVolumes, volume));
  }

  /** Tells whether something changed. @param volume that it has, if it has one */
  async setClaimPhase(claim: Claim, phase: ClaimPhase, volume?: PersistentVolume): Promise<Claim> {
    const status = claimStatus(claim, phase, volume);
    if (status === claim.status) return claim;
    return this.claims.put(
      await this.#client.update(
        resources.persistentVolumeClaims,
        { ...claim, status },
        { subresource: 'status' },
      ),
    );
  }

  async setVolumePhase(
    volume: PhysicalVolume,
    phase: VolumePhase,
    message = '',
  ): Promise<PhysicalVolume> {
    if (volume.status?.phase === phase) return volume;
    const { message: _old, ...rest } = volume.status ?? {};
    const status = { ...rest, phase, ...(message === '' ? {} : { message }) };
    return this.volumes.put(
      await this.#client.update(
        resources.persistentVolumes,
        { ...volume, status },
        { subresource: 'status' },
      ),
    );
  }

  /** In four steps, each of which may be the last for now: the next try goes on from there. */
  async bind(volume: PhysicalVolume, claim: Claim): Promise<void> {
    const taken = withClaim(volume, claim);
    let bound = taken === volume ? volume : await this.updateVolume(taken);
    bound = await this.setVolumePhase(bound, 'Bound');
    const given = withVolume(claim, bound.metadata.name);
    const owner = given === claim ? claim : await this.updateClaim(given);
    await this.setClaimPhase(owner, 'Bound', bound);
  }

  /** A claim that was not the volume's after all: what its author wrote stays reserved. */
  async unbind(volume: PhysicalVolume): Promise<void> {
    const { claimRef, ...spec } = volume.spec;
    const byController = volume.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
    const { uid: _uid, ...reserved } = claimRef ?? {};
    const free = byController
      ? withoutAnnotation({ ...volume, spec }, BOUND_BY_CONTROLLER)
      : { ...volume, spec: { ...spec, claimRef: reserved } };
    await this.setVolumePhase(await this.updateVolume(free), 'Available');
  }
}

/** The claim as it is bound to a volume; itself when it is so already. */
function withVolume(claim: Claim, volumeName: string): Claim {
  const isNamed = claim.spec.volumeName === volumeName;
  const annotations = claim.metadata.annotations ?? {};
  if (isNamed && annotations[BIND_COMPLETED] !== undefined) return claim;
  const bound = withAnnotation(
    { ...claim, spec: { ...claim.spec, volumeName } },
    BIND_COMPLETED,
    annotations[BIND_COMPLETED] ?? 'yes',
  );
  return isNamed || annotations[BOUND_BY_CONTROLLER] !== undefined
    ? bound
    : withAnnotation(bound, BOUND_BY_CONTROLLER, 'yes');
}
