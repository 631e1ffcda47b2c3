import type { APIResourceList } from '../objects/generated/meta-v1.generated.ts';
import type { Scale } from '../objects/generated/autoscaling-v1.generated.ts';
import { parseApiVersion, type KubernetesObject } from '../objects/kubernetes-object.ts';
import type { Client } from './client.ts';
import type { Resource } from './resource.ts';
import { reasonOf } from './response-failure.ts';

/** An object of a kind that may be a custom one. */
export interface ScaleTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A kind that cannot be scaled, or that there is not. */
class NotScalableError extends Error {
  readonly code = 'NOT_SCALABLE';

  constructor(message: string) {
    super(message);
    this.name = 'NotScalableError';
  }
}

/** How many an object of any kind wants; undefined when there is no such object. @throws NotScalableError, StatusError */
export async function getScale(client: Client, target: ScaleTarget): Promise<Scale | undefined> {
  const { apiVersion, kind, namespace, name } = target;
  const { group, version } = parseApiVersion(apiVersion);
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const list = JSON.parse(await client.getText(path)) as APIResourceList;
  const found = list.resources.find((each) => each.kind === kind && !each.name.includes('/'));
  if (found === undefined)
    throw new NotScalableError(`no matches for kind "${kind}" in version "${apiVersion}"`);
  const { name: plural, namespaced } = found;
  const resource: Resource<KubernetesObject> = { group, version, plural, kind, namespaced };
  try {
    return await client.getSubresource<Scale>(resource, { namespace, name }, 'scale');
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error;
    if (list.resources.some((each) => each.name === `${plural}/scale`)) return undefined;
    const groupResource = group === '' ? plural : `${plural}.${group}`;
    throw new NotScalableError(`${groupResource} does not implement the scale subresource`);
  }
}
