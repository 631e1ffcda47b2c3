import { defaultIngressClass, defaultStorageClass } from '../../objects/default-class.ts';
import type { PersistentVolumeClaim } from '../../objects/generated/core-v1.generated.ts';
import type { Ingress, IngressClass } from '../../objects/generated/networking-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { isResource } from './attributes.ts';

const OLD_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';
const OLD_INGRESS_CLASS = 'kubernetes.io/ingress.class';

/** A claim that asks for no class gets the default one. */
export class DefaultStorageClass implements AdmissionPlugin {
  readonly name = 'DefaultStorageClass';
  readonly #classes: Lister<StorageClass>;

  constructor(classes: Lister<StorageClass>) {
    this.#classes = classes;
  }

  mutate(attributes: Attributes): ApiObject | undefined {
    const wanted =
      attributes.operation === 'CREATE' && isResource(attributes, '', 'persistentvolumeclaims');
    if (!wanted) return undefined;
    const claim = attributes.object as unknown as PersistentVolumeClaim;
    const asked = claim.metadata.annotations?.[OLD_STORAGE_CLASS] ?? claim.spec.storageClassName;
    if (asked !== undefined) return undefined;
    const storageClassName = defaultStorageClass(this.#classes.list())?.metadata.name;
    if (storageClassName === undefined) return undefined;
    return { ...claim, spec: { ...claim.spec, storageClassName } } as unknown as ApiObject;
  }
}

/** An Ingress that names no class gets the default one. */
export class DefaultIngressClass implements AdmissionPlugin {
  readonly name = 'DefaultIngressClass';
  readonly #classes: Lister<IngressClass>;

  constructor(classes: Lister<IngressClass>) {
    this.#classes = classes;
  }

  mutate(attributes: Attributes): ApiObject | undefined {
    const wanted =
      attributes.operation === 'CREATE' && isResource(attributes, 'networking.k8s.io', 'ingresses');
    if (!wanted) return undefined;
    const ingress = attributes.object as unknown as Ingress;
    const asked =
      ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[OLD_INGRESS_CLASS];
    if (asked !== undefined) return undefined;
    const ingressClassName = defaultIngressClass(this.#classes.list())?.metadata.name;
    if (ingressClassName === undefined) return undefined;
    return { ...ingress, spec: { ...ingress.spec, ingressClassName } } as unknown as ApiObject;
  }
}
