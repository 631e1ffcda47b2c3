import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import {
  matchesLabels,
  selectorFromLabels,
  type LabelSelector,
} from '../../objects/selectors/label-selector.ts';
import { isPodReady } from '../pods/pod-state.ts';

/** A Service's selector; one without takes no Pod. */
function selectorOf({ spec }: Service): LabelSelector {
  return spec?.selector === undefined ? null : selectorFromLabels(spec.selector);
}

/** Whether a Service says which Pods it has; who writes its endpoints otherwise is not for controllers to say. */
export function hasSelector({ spec }: Service): boolean {
  return spec?.selector !== undefined;
}

/** The Pods that a Service selects. */
export function podsOf(service: Service, pods: ObjectStore<Pod>): Stored<Pod>[] {
  const selector = selectorOf(service);
  return pods
    .list(service.metadata.namespace)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels));
}

/** Whether Services that have the Pod before and after it see a difference. */
function differs(old: Pod, pod: Pod): boolean {
  const ips = (of: Pod) => of.status?.podIPs?.map(({ ip }) => ip) ?? [];
  return (
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    isPodReady(old) !== isPodReady(pod) ||
    !jsonEqual(ips(old), ips(pod))
  );
}

/** Whether other Services may have the Pod now, or have it under another name. */
function isRelabelled(old: Pod, pod: Pod): boolean {
  return (
    !jsonEqual(old.metadata.labels ?? {}, pod.metadata.labels ?? {}) ||
    (old.spec?.hostname ?? '') !== (pod.spec?.hostname ?? '') ||
    (old.spec?.subdomain ?? '') !== (pod.spec?.subdomain ?? '')
  );
}

/**
 * Keys of the Services whose endpoints a change of a Pod concerns, as upstream's
 * `endpointslice/util.GetServicesToUpdate`. @param old absent when the Pod is new, or is gone
 */
export function servicesConcerned(
  services: ObjectStore<Service>,
  old: Pod | undefined,
  pod: Pod,
): string[] {
  const keysFor = ({ metadata }: Pod): Set<string> =>
    new Set(
      services
        .list(metadata.namespace)
        .filter((service) => matchesLabels(selectorOf(service), metadata.labels))
        .map((service) => keyOf(service.metadata)),
    );
  if (old === undefined) return [...keysFor(pod)];
  const isDifferent = differs(old, pod);
  if (!isRelabelled(old, pod)) return isDifferent ? [...keysFor(pod)] : [];
  const before = keysFor(old);
  const after = keysFor(pod);
  return [...new Set([...before, ...after])].filter(
    (key) => isDifferent || before.has(key) !== after.has(key),
  );
}
