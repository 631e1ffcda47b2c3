import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

export function hasFinalizer({ metadata }: KubernetesObject, name: string): boolean {
  return metadata.finalizers?.includes(name) ?? false;
}

export function withFinalizer<T extends KubernetesObject>(object: T, name: string): T {
  const finalizers = [...(object.metadata.finalizers ?? []), name];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

export function withoutFinalizer<T extends KubernetesObject>(object: T, name: string): T {
  const finalizers = (object.metadata.finalizers ?? []).filter((other) => other !== name);
  return { ...object, metadata: { ...object.metadata, finalizers } };
}
