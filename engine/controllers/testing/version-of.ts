import type { Stored } from '../../client/resource.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

/** ConfigMap `default/a` in a version. */
export function versionOf(resourceVersion: number): Stored<KubernetesObject> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      namespace: 'default',
      name: 'a',
      uid: 'u',
      resourceVersion: String(resourceVersion),
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
  };
}
