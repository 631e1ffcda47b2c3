import { parse, stringify } from 'yaml';
import type { Client } from '../../../engine/client/client.ts';
import type { ObjectName, Resource, Stored } from '../../../engine/client/resource.ts';
import { retryOnConflict } from '../../../engine/client/retry-on-conflict.ts';
import type { JsonObject } from '../../../engine/objects/json-value.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { applyMergePatch } from '../../../engine/objects/patch/merge-patch.ts';
import { mergePatch } from './merge-patch.ts';

export type AnyObject = KubernetesObject & {
  readonly spec?: { readonly replicas?: number; readonly template?: object };
};
type AnyResource = Resource<AnyObject>;

/** As `kubectl get -o yaml` prints it: without who manages which field, and in the order of the alphabet. */
export const toYaml = (object: Stored<AnyObject>): string =>
  stringify(withoutManagers(object), { sortMapEntries: true });

function withoutManagers({ metadata: all, ...object }: Stored<AnyObject>): AnyObject {
  const { managedFields: _, ...metadata } = all;
  return { ...object, metadata };
}

/**
 * Changes what somebody has changed in the text of an object, as `kubectl edit` does: what others have changed since
 * stays. Returns the object as it is then. @param before as it was when the text was begun
 * @throws Error what is wrong with it, in the API server's words
 */
export async function applyEdit(
  client: Client,
  resource: AnyResource,
  before: Stored<AnyObject>,
  text: string,
): Promise<Stored<AnyObject>> {
  const edited = parse(text) as AnyObject | null;
  if (typeof edited?.metadata !== 'object')
    throw new Error('There is no object with metadata here.');
  const { name, namespace } = before.metadata;
  if (edited.metadata.name !== name || edited.metadata.namespace !== namespace)
    throw new Error(
      `This is the object ${name}: its name and namespace cannot be changed. Create another one with kubectl.`,
    );
  const patch = mergePatch(withoutManagers(before), edited);
  return retryOnConflict(async () => {
    const latest = await client.get(resource, before.metadata);
    const changed = applyMergePatch(latest as unknown as JsonObject, patch as JsonObject);
    return client.update(resource, changed as unknown as AnyObject, { fieldValidation: 'Strict' });
  });
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
