import type { PodSpec } from '../generated/core-v1.generated.ts';
import { containersTotal } from '../pod-resources.ts';
import { Quantity } from '../quantity.ts';
import { isHugePages, isOvercommitAllowed, isPodResource } from '../validation/resource-names.ts';
import { isEmpty } from '../validation/rules.ts';

/**
 * Fills in a Pod's own requests and limits from those of its containers, if it has any of its own:
 * requests are what the containers request together, or else the Pod's limits; limits are those of
 * the containers, if all have one.
 */
export function podLevelResources(spec: PodSpec): PodSpec {
  const { resources } = spec;
  if (!resources || (isEmpty(resources.requests) && isEmpty(resources.limits))) return spec;
  const limits: Record<string, string> = { ...resources.limits };
  const requests: Record<string, string> = { ...resources.requests };
  const totalLimits = containersTotal(spec, 'limits');
  for (const [name, total] of totalLimits) {
    if (isHugePages(name) && requests[name] === undefined) limits[name] ??= total.toString();
  }
  for (const [name, total] of containersTotal(spec, 'requests')) {
    if (isPodResource(name) && isOvercommitAllowed(name)) requests[name] ??= total.toString();
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (isPodResource(name)) requests[name] ??= limit;
  }
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  for (const [name, request] of Object.entries(requests)) {
    const total = totalLimits.get(name);
    const isLimited = all.every((container) => container.resources?.limits?.[name] !== undefined);
    if (!isPodResource(name) || limits[name] !== undefined || !isLimited || !total) continue;
    const wanted = Quantity.parse(request);
    limits[name] = (wanted.compare(total) > 0 ? wanted : total).toString();
  }
  return {
    ...spec,
    resources: {
      ...resources,
      ...(isEmpty(limits) ? {} : { limits }),
      ...(isEmpty(requests) ? {} : { requests }),
    },
  };
}
