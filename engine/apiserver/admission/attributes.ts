import type { Pod, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import { forbidden, type StatusError } from '../../objects/status/status-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { qualifiedResource } from '../registry/served-resource.ts';
import type { Attributes } from './admission.ts';

/** Whether a request is about a resource itself, not about one of its subresources. */
export function isResource(
  { resource, subresource }: Attributes,
  group: string,
  plural: string,
): boolean {
  const { definition } = resource;
  return subresource === '' && definition.group === group && definition.plural === plural;
}

/** A refusal as every admission controller words it. */
export function refuseRequest(attributes: Attributes, why: string): StatusError {
  const { object, name } = attributes;
  const { name: own = '', generateName = '' } = object?.metadata ?? {};
  const shown = [name, own, generateName, 'Unknown'].find((text) => text !== '') ?? '';
  return forbidden(qualifiedResource(attributes.resource), shown, why);
}

/**
 * The Pod that is about to be made; undefined for every other request. A Pod without containers has an
 * empty list of them here; validation refuses it later.
 */
export function createdPod(attributes: Attributes): Pod | undefined {
  if (attributes.operation !== 'CREATE' || !isResource(attributes, '', 'pods')) return undefined;
  const pod = attributes.object as unknown as Pod;
  const containers = pod.spec.containers as Pod['spec']['containers'] | null;
  return containers === null ? { ...pod, spec: { ...pod.spec, containers: [] } } : pod;
}

/** A Pod with another spec, as admission hands objects on. */
export function withPodSpec(pod: Pod, spec: PodSpec): ApiObject {
  return { ...pod, spec } as unknown as ApiObject;
}
