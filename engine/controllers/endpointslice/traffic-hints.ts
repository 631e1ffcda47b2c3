import type { Service } from '../../objects/generated/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { endpointsOf } from './endpoint-set.ts';

const CLOSE: readonly (string | undefined)[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** Whether a Service asks by annotation for hints that share out its endpoints by the zones' CPUs. */
export function wantsTopologyHints({ metadata }: Service): boolean {
  const annotations = metadata.annotations ?? {};
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ??
    annotations['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
}

/** Whether `trafficDistribution` decides; the annotation has precedence. */
export function followsTrafficDistribution(service: Service): boolean {
  return CLOSE.includes(service.spec?.trafficDistribution) && !wantsTopologyHints(service);
}

export function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready === true;
}

export function withoutHints<Slice extends EndpointSlice>(slice: Slice): Slice {
  const endpoints = endpointsOf(slice);
  if (endpoints.every(({ hints }) => hints === undefined)) return slice;
  return { ...slice, endpoints: endpoints.map(({ hints: _hints, ...others }) => others) };
}

/**
 * The slice whose ready endpoints are hinted to their own zones, and with `PreferSameNode` to their
 * own nodes; the slice itself when it has these hints already.
 */
export function withTrafficHints<Slice extends EndpointSlice>(
  slice: Slice,
  { spec }: Service,
): Slice {
  const byNode = spec?.trafficDistribution === 'PreferSameNode';
  const endpoints = endpointsOf(slice);
  const hinted = endpoints.map((endpoint) => {
    if (!isReady(endpoint)) return endpoint;
    const { hints: old, ...others } = endpoint;
    const { zone, nodeName } = endpoint;
    const hints = {
      ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
      ...(nodeName === undefined || !byNode ? {} : { forNodes: [{ name: nodeName }] }),
    };
    if (jsonEqual(old ?? {}, hints)) return endpoint;
    return Object.keys(hints).length === 0 ? others : { ...others, hints };
  });
  const isSame = hinted.every((endpoint, index) => endpoint === endpoints[index]);
  return isSame ? slice : { ...slice, endpoints: hinted };
}
