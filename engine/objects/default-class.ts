import type { IngressClass } from './generated/networking-v1.generated.ts';
import type { StorageClass } from './generated/storage-v1.generated.ts';

const STORAGE_MARKS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const INGRESS_MARKS = ['ingressclass.kubernetes.io/is-default-class'];

/** The class that is marked as default: the newest, then the first by name. */
function defaultClass<T extends StorageClass | IngressClass>(
  classes: readonly T[],
  marks: readonly string[],
): T | undefined {
  const marked = classes.filter(({ metadata }) =>
    marks.some((mark) => metadata.annotations?.[mark] === 'true'),
  );
  return marked.toSorted((one, other) => {
    const { creationTimestamp: first = '', name = '' } = one.metadata;
    const { creationTimestamp: second = '', name: otherName = '' } = other.metadata;
    return first === second ? (name < otherName ? -1 : 1) : first < second ? 1 : -1;
  })[0];
}

/** What a claim gets that names no class. */
export function defaultStorageClass<T extends StorageClass>(classes: readonly T[]): T | undefined {
  return defaultClass(classes, STORAGE_MARKS);
}

/** What an Ingress gets that names no class. */
export function defaultIngressClass<T extends IngressClass>(classes: readonly T[]): T | undefined {
  return defaultClass(classes, INGRESS_MARKS);
}
