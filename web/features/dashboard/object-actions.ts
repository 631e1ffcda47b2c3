import { parse, stringify } from 'yaml';
import type { Client } from '../../../engine/client/client.ts';
import type { ObjectName, Resource, Stored } from '../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';

export type AnyObject = KubernetesObject & {
  readonly spec?: { readonly replicas?: number; readonly template?: object };
};
type AnyResource = Resource<AnyObject>;

/** As `kubectl get -o yaml` prints it: without who manages which field. */
export function toYaml(object: Stored<AnyObject>): string {
  const { managedFields: _, ...metadata } = object.metadata;
  return stringify({ ...object, metadata });
}

/** Puts the object of this text in place of the one there is. @throws Error what is wrong with it, in the API server's words */
export async function replaceWithYaml(
  client: Client,
  resource: AnyResource,
  name: ObjectName,
  text: string,
): Promise<void> {
  const object = parse(text) as AnyObject | null;
  if (typeof object?.metadata !== 'object')
    throw new Error('There is no object with metadata here.');
  if (object.metadata.name !== name.name || object.metadata.namespace !== name.namespace)
    throw new Error(
      `This is the object ${name.name}: its name and namespace cannot be changed. Create another one with kubectl.`,
    );
  await client.update(resource, object, { fieldValidation: 'Strict' });
}

const SCALED = new Set(['Deployment', 'ReplicaSet', 'StatefulSet']);
const ROLLED_OUT = new Set(['Deployment', 'DaemonSet', 'StatefulSet']);

export const canScale = ({ kind }: AnyResource): boolean => SCALED.has(kind);
export const canRestart = ({ kind }: AnyResource): boolean => ROLLED_OUT.has(kind);

export async function scale(
  client: Client,
  resource: AnyResource,
  name: ObjectName,
  replicas: number,
): Promise<void> {
  await client.patch(
    resource,
    name,
    { type: 'merge', patch: { spec: { replicas } } },
    { subresource: 'scale' },
  );
}

/** What `kubectl rollout restart` does: the template changes, so every Pod is made anew. */
export async function restart(
  client: Client,
  resource: AnyResource,
  name: ObjectName,
  now: string,
): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': now };
  const patch = { spec: { template: { metadata: { annotations } } } };
  await client.patch(resource, name, { type: 'strategic', patch });
}
