import type { Client } from '../../client/client.ts';
import type { ObjectName, Resource } from '../../client/resource.ts';
import { retryOnConflict } from '../../client/retry-on-conflict.ts';
import type { Scale } from '../../objects/generated/autoscaling-v1.generated.ts';
import type { CrossVersionObjectReference } from '../../objects/generated/autoscaling-v2.generated.ts';
import { parseApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';
import type { ResourceNames } from './resource-names.ts';

/** What is scaled, and how it is scaled now. */
export interface ScaleTarget {
  readonly resource: Resource<KubernetesObject>;
  readonly name: ObjectName;
  readonly scale: Scale;
}

/** Asks how its target is scaled now. @throws StatusError, and what says that there is no such kind */
export async function getScale(
  client: Client,
  names: ResourceNames,
  namespace: string,
  { apiVersion = '', kind, name }: CrossVersionObjectReference,
): Promise<ScaleTarget> {
  if (apiVersion.split('/').length > 2)
    throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  const resource = await names.of(parseApiVersion(apiVersion).group, kind);
  const target = { namespace, name };
  const scale = await client.getSubresource<Scale>(resource, target, 'scale');
  return { resource, name: target, scale };
}

/** Again when somebody else was quicker. */
export async function updateScale(
  client: Client,
  { resource, name, scale }: ScaleTarget,
  replicas: number,
): Promise<void> {
  await retryOnConflict(async (tries) => {
    const newest =
      tries === 1 ? scale : await client.getSubresource<Scale>(resource, name, 'scale');
    const changed: Scale = { ...newest, spec: { ...newest.spec, replicas } };
    await client.updateSubresource(resource, name, 'scale', changed);
  });
}
