import type { Pod, Service, ServicePort } from '../../objects/generated/core-v1.generated.ts';

/** Whether a Pod is to be listed at all: it has an address and has not ended. */
export function isListed({ metadata, status }: Pod, includeTerminating: boolean): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  if ((status?.podIP ?? '') === '' && (status?.podIPs ?? []).length === 0) return false;
  return includeTerminating || metadata.deletionTimestamp === undefined;
}

/** The name a Pod has within its Service's domain. */
export function hostnameWithin({ metadata }: Service, pod: Pod): string | undefined {
  const { hostname = '', subdomain } = pod.spec ?? {};
  const isWithin =
    hostname !== '' && subdomain === metadata.name && pod.metadata.namespace === metadata.namespace;
  return isWithin ? hostname : undefined;
}

/**
 * The port of a Pod that a Service's port leads to: the number itself, or that of the container port
 * with that name and protocol. Sidecars count, other init containers do not. Undefined when none has it.
 */
export function findPort({ spec }: Pod, { targetPort, protocol }: ServicePort): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...(spec?.containers ?? []), ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .find((port) => port.name === targetPort && port.protocol === protocol)?.containerPort;
}

/** Whether a Service has an address of its own. */
export function isHeadless({ spec }: Service): boolean {
  return (spec?.clusterIP ?? '') === '' || spec?.clusterIP === 'None';
}
