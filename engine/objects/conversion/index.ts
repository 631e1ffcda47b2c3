import { applyDefaults } from '../defaults/index.ts';
import {
  formatApiVersion,
  type GroupVersion,
  type KubernetesObject,
} from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../schema.ts';
import { autoscalerToV1, autoscalerToV2 } from './autoscaling.ts';
import { coreEvent, newEvent } from './events.ts';

/** By kind, from one API version to another. */
const conversions: Readonly<Record<string, (object: never) => KubernetesObject>> = {
  'HorizontalPodAutoscaler autoscaling/v1 autoscaling/v2': autoscalerToV2,
  'HorizontalPodAutoscaler autoscaling/v2 autoscaling/v1': autoscalerToV1,
  'Event events.k8s.io/v1 v1': coreEvent,
  'Event v1 events.k8s.io/v1': newEvent,
};

/** Where it is not the version itself: kinds of several versions are stored, and looked at, as one. */
const storedAs: Readonly<Record<string, GroupVersion>> = {
  'HorizontalPodAutoscaler autoscaling/v1': { group: 'autoscaling', version: 'v2' },
  'Event events.k8s.io/v1': { group: '', version: 'v1' },
};

/**
 * A built-in `object` in another version of its kind. Two kinds have several: HorizontalPodAutoscaler and
 * Event. The order of members is not upstream's; `readAs` of `decode/` restores it.
 */
export function convert(object: KubernetesObject, to: GroupVersion): KubernetesObject {
  const apiVersion = formatApiVersion(to);
  if (object.apiVersion === apiVersion) return object;
  const conversion = conversions[`${object.kind} ${object.apiVersion} ${apiVersion}`] as
    | ((object: KubernetesObject) => KubernetesObject)
    | undefined;
  return conversion ? conversion(object) : { ...object, apiVersion };
}

/** The version that objects of a kind are stored in, and that its errors name. */
export function storageVersion({ group, version, kind }: GroupVersionKind): GroupVersion {
  return storedAs[`${kind} ${formatApiVersion({ group, version })}`] ?? { group, version };
}

/** `object` in the version that is stored, with that version's defaults if it was in another one. */
export function inStorageVersion(object: KubernetesObject): KubernetesObject {
  const version = storedAs[`${object.kind} ${object.apiVersion}`];
  if (version === undefined) return object;
  return applyDefaults({ ...version, kind: object.kind }, convert(object, version));
}
