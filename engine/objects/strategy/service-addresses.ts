import type { Service, ServiceSpec } from '../generated/core-v1.generated.ts';
import { isV6, parseIp } from '../ip.ts';
import { clusterIps } from '../validation/core/service.ts';
import type { FieldError } from '../validation/field-error.ts';
import { Place } from '../validation/place.ts';
import { sameValue } from '../validation/same-value.ts';

/**
 * What the registry works out of a Service's addresses before it allocates any (upstream's
 * `registry/core/service/storage`): singular and plural fields agree, an update keeps what was
 * allocated before unless it says otherwise, and the IP families are settled.
 */

export type IpFamily = 'IPv4' | 'IPv6';

export interface ServiceAddresses {
  readonly service: Service;
  /** Why the Service cannot have addresses; nothing is allocated then. */
  readonly errors: readonly FieldError[];
}

const needsClusterIp = ({ type }: ServiceSpec) => type !== 'ExternalName';
const needsNodePorts = ({ type }: ServiceSpec) => type === 'NodePort' || type === 'LoadBalancer';
const needsHealthCheckPort = (spec: ServiceSpec) =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/**
 * A new or changed Service with its families settled. `families` are those the cluster has
 * addresses of, the first one is the default.
 */
export function serviceAddresses(
  given: Service,
  old: Service | undefined,
  families: readonly IpFamily[],
): ServiceAddresses {
  const oldSpec = old?.spec;
  let spec = given.spec ?? {};
  if (oldSpec) spec = keepAllocated(spec, oldSpec);
  spec = pluralAddresses(spec, oldSpec);
  const at = Place.root();
  spec = settleFamilies(spec, oldSpec, families, at);
  return { service: { ...given, spec }, errors: at.errors };
}

/** Clients that leave out what was allocated keep it. */
function keepAllocated(given: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let spec = given;
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec = { ...spec, clusterIP: old.clusterIP };
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) {
      spec = { ...spec, clusterIPs: old.clusterIPs };
    }
  }
  if (needsNodePorts(old) && needsNodePorts(spec) && spec.ports) {
    const oldPorts = new Map((old.ports ?? []).map(({ name = '', nodePort }) => [name, nodePort]));
    const taken = new Set(spec.ports.map(({ nodePort }) => nodePort));
    const ports = spec.ports.map((port) => {
      const before = oldPorts.get(port.name ?? '');
      return port.nodePort || !before || taken.has(before) ? port : { ...port, nodePort: before };
    });
    spec = { ...spec, ports };
  }
  const keepsHealthCheck = needsHealthCheckPort(old) && needsHealthCheckPort(spec);
  return keepsHealthCheck && !spec.healthCheckNodePort && old.healthCheckNodePort
    ? { ...spec, healthCheckNodePort: old.healthCheckNodePort }
    : spec;
}

/** Older clients know only one address, newer ones say both fields. */
function pluralAddresses(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (!old) {
    return clusterIP !== '' && clusterIPs.length === 0
      ? { ...spec, clusterIPs: [clusterIP] }
      : spec;
  }
  const { clusterIP: oldIp = '', clusterIPs: oldIps = [] } = old;
  if (clusterIP === oldIp) {
    return clusterIPs.length === 0 && oldIps.length > 0 ? { ...spec, clusterIPs: oldIps } : spec;
  }
  if (!sameValue(clusterIPs, oldIps)) return spec;
  if (clusterIP !== '') return { ...spec, clusterIPs: [clusterIP] };
  const { clusterIPs: _, ...rest } = spec;
  return rest;
}

/** Nothing about the addresses of a Service that prefers both families changes. */
function isUnchangedPreference(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  return (
    old !== undefined &&
    spec.type === old.type &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    sameValue(spec.clusterIPs, old.clusterIPs) &&
    sameValue(spec.ipFamilies, old.ipFamilies)
  );
}

function settleFamilies(
  given: ServiceSpec,
  old: ServiceSpec | undefined,
  families: readonly IpFamily[],
  at: Place,
): ServiceSpec {
  if (!needsClusterIp(given) || isUnchangedPreference(given, old)) return given;
  const isSelectorless =
    given.clusterIP === 'None' && Object.keys(given.selector ?? {}).length === 0;
  const ipFamilyPolicy =
    given.ipFamilyPolicy ??
    old?.ipFamilyPolicy ??
    (isSelectorless ? 'RequireDualStack' : 'SingleStack');
  let spec: ServiceSpec = { ...given, ipFamilyPolicy };
  const specAt = at.child('spec');
  clusterIps(spec, specAt);
  if (at.errors.length > 0) return spec;
  const policyAt = specAt.child('ipFamilyPolicy');
  const isSingle = ipFamilyPolicy === 'SingleStack';
  if (old) spec = released(spec, old, isSingle, policyAt);
  if (isSingle) {
    const many = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    if (spec.clusterIPs?.length === 2) {
      policyAt.invalid(ipFamilyPolicy, `${many} cluster IPs are specified`);
    }
    if (spec.ipFamilies?.length === 2) {
      policyAt.invalid(ipFamilyPolicy, `${many} IP families are specified`);
    }
  }
  const known = familiesOfAddresses(spec, families, specAt);
  if (at.errors.length > 0) return spec;
  if (isSelectorless) return { ...spec, ipFamilies: bothFamilies(known, families, !isSingle) };
  if (ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    policyAt.invalid(ipFamilyPolicy, 'this cluster is not configured for dual-stack services');
  }
  for (const [index, family] of known.entries()) {
    if (!families.includes(family)) {
      specAt.child('ipFamilies').index(index).invalid(family, 'not configured on this cluster');
    }
  }
  if (at.errors.length > 0) return spec;
  const isDual = !isSingle && families.length === 2;
  return { ...spec, ipFamilies: bothFamilies(known, families, isDual) };
}

/** The second address and family go when a Service becomes single-stack, and only then. */
function released(spec: ServiceSpec, old: ServiceSpec, isSingle: boolean, at: Place): ServiceSpec {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (!isSingle) {
    const why = "must be 'SingleStack' to release the secondary";
    const isReduced = (list: readonly string[], before: readonly string[] = []) =>
      list.length > 0 && list.length < before.length;
    if (isReduced(clusterIPs, old.clusterIPs)) at.invalid(spec.ipFamilyPolicy, `${why} cluster IP`);
    if (isReduced(ipFamilies, old.ipFamilies)) at.invalid(spec.ipFamilyPolicy, `${why} IP family`);
    return spec;
  }
  return {
    ...spec,
    ...(clusterIPs.length > 1 && sameValue(clusterIPs, old.clusterIPs)
      ? { clusterIPs: clusterIPs.slice(0, 1) }
      : {}),
    ...(ipFamilies.length > 1 && sameValue(ipFamilies, old.ipFamilies)
      ? { ipFamilies: ipFamilies.slice(0, 1) }
      : {}),
  };
}

/** The families said, and those of addresses said beyond them. */
function familiesOfAddresses(
  { clusterIPs = [], ipFamilies = [] }: ServiceSpec,
  families: readonly IpFamily[],
  at: Place,
): IpFamily[] {
  const known = [...ipFamilies] as IpFamily[];
  for (const [index, ip] of clusterIPs.entries()) {
    if (ip === 'None') break;
    if (index < known.length) continue;
    const address = parseIp(ip);
    const family = address && isV6(address) ? 'IPv6' : 'IPv4';
    if (families.includes(family)) known.push(family);
    else {
      at.child('clusterIPs')
        .index(index)
        .invalid(clusterIPs, `${family} is not configured on this cluster`);
    }
  }
  return known;
}

function bothFamilies(
  known: readonly IpFamily[],
  families: readonly IpFamily[],
  isDual: boolean,
): readonly IpFamily[] {
  const first = known[0] ?? families[0] ?? 'IPv4';
  if (known.length > 1 || !isDual) return known.length > 0 ? known : [first];
  return [first, first === 'IPv4' ? 'IPv6' : 'IPv4'];
}
