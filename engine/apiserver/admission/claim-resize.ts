import type { PersistentVolumeClaim } from '../../objects/generated/core-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { isResource, refuseRequest } from './attributes.ts';

const OLD_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

function sizeOf({ spec }: PersistentVolumeClaim): Quantity {
  return Quantity.parse(spec.resources?.requests?.['storage'] ?? '0');
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[OLD_STORAGE_CLASS] ?? spec.storageClassName ?? '';
}

/** A claim grows only when it is bound and its class can do that. */
export class PersistentVolumeClaimResize implements AdmissionPlugin {
  readonly name = 'PersistentVolumeClaimResize';
  readonly #classes: Lister<StorageClass>;

  constructor(classes: Lister<StorageClass>) {
    this.#classes = classes;
  }

  validate(attributes: Attributes): void {
    const { operation } = attributes;
    if (operation !== 'UPDATE' || !isResource(attributes, '', 'persistentvolumeclaims')) return;
    const claim = attributes.object as unknown as PersistentVolumeClaim;
    const old = attributes.old as unknown as PersistentVolumeClaim;
    if (sizeOf(claim).compare(sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound')
      throw refuseRequest(attributes, 'Only bound persistent volume claims can be expanded');
    const name = classOf(claim);
    const found = this.#classes.get('', name);
    if (name === '' || name !== classOf(old) || found?.allowVolumeExpansion !== true)
      throw refuseRequest(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
  }
}
