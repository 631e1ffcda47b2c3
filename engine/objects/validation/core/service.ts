import type {
  LoadBalancerIngress,
  Service,
  ServicePort,
  ServiceSpec,
  SessionAffinityConfig,
} from '../../generated/core-v1.generated.ts';
import { isCidr, isDualStack, isEndpointIp, isIp, parseIp } from '../../ip.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../names.ts';
import { asInternal } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { labels } from '../label-selector.ts';
import { labelLikeName, objectMeta, objectMetaUpdate } from '../metadata.ts';
import type { Place } from '../place.ts';
import { protocol } from '../pod/containers.ts';
import { portNumberOrName } from '../pod/probes.ts';
import { each, enumOf, optional, optionalEnum, requiredEnum, Seen, valid } from '../rules.ts';

const noSpec: ServiceSpec = {};

const isHeadless = ({ clusterIPs = [] }: ServiceSpec) =>
  clusterIPs.length === 1 && clusterIPs[0] === 'None';

const isExternallyReachable = ({ type, externalIPs = [] }: ServiceSpec) =>
  type === 'LoadBalancer' ||
  type === 'NodePort' ||
  (type === 'ClusterIP' && externalIPs.length > 0);

const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec) =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

const topologyHints = 'service.kubernetes.io/topology-aware-hints';
const topologyMode = 'service.kubernetes.io/topology-mode';
const sourceRanges = 'service.beta.kubernetes.io/load-balancer-source-ranges';

function serviceAsIs({ metadata: meta, spec }: Service, at: Place): void {
  const hints = meta.annotations?.[topologyHints];
  const mode = meta.annotations?.[topologyMode];
  if (hints !== undefined && mode !== undefined && hints !== mode) {
    at.child('metadata')
      .child('annotations')
      .key(topologyMode)
      .invalid(mode, `must match annotations[${topologyHints}] when both are specified`);
  }
  const specAt = at.child('spec');
  const { ports = [] } = spec;
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    specAt.child('ports').required();
  }
  byType(spec, specAt);
  const names = new Seen();
  each<ServicePort>((port, place) => servicePort(port, place, ports.length > 1, names))(
    ports,
    specAt.child('ports'),
  );
  labels(spec.selector, specAt.child('selector'));
  affinity(spec, specAt);
  clusterIps(spec, specAt);
  each<string>((ip, place) => {
    const messages = isIp(ip);
    place.invalidEach(ip, messages.length > 0 ? messages : isEndpointIp(ip));
  })(spec.externalIPs, specAt.child('externalIPs'));
  requiredEnum(
    'ClusterIP',
    'ExternalName',
    'LoadBalancer',
    'NodePort',
  )(spec.type, specAt.child('type'));
  portNumbers(spec, specAt.child('ports'));
  loadBalancerRanges(meta.annotations, spec, at);
  const allocate = spec.allocateLoadBalancerNodePorts;
  if (allocate !== undefined && spec.type !== 'LoadBalancer') {
    specAt
      .child('allocateLoadBalancerNodePorts')
      .forbidden("may only be used when `type` is 'LoadBalancer'");
  }
  if (spec.type === 'LoadBalancer' && allocate === undefined) {
    at.child('allocateLoadBalancerNodePorts').required();
  }
  loadBalancerClass(spec, specAt.child('loadBalancerClass'));
  trafficPolicies(spec, specAt);
}

function byType(spec: ServiceSpec, at: Place): void {
  const { type } = spec;
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    at.child('clusterIPs')
      .index(0)
      .invalid('None', `may not be set to 'None' for ${type} services`);
  }
  if (type !== 'ExternalName') return;
  for (const field of ['clusterIPs', 'ipFamilies'] as const) {
    if (spec[field]?.length) at.child(field).forbidden('may not be set for ExternalName services');
  }
  if (spec.ipFamilyPolicy !== undefined) {
    at.child('ipFamilyPolicy').forbidden('may not be set for ExternalName services');
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name) at.child('externalName').invalidEach(name, isDns1123Subdomain(name));
  else at.child('externalName').required();
}

function servicePort(port: ServicePort, at: Place, needsName: boolean, names: Seen): void {
  const nameAt = at.child('name');
  if (port.name) {
    nameAt.invalidEach(port.name, isDns1123Label(port.name));
    if (!names.add(port.name)) nameAt.duplicate(port.name);
  } else if (needsName) nameAt.required();
  at.child('port').invalidEach(port.port ?? 0, isPortNumber(port.port ?? 0));
  protocol(port.protocol, at.child('protocol'));
  portNumberOrName(port.targetPort, at.child('targetPort'));
  optional(valid(isQualifiedName))(port.appProtocol, at.child('appProtocol'));
}

/** One day, in seconds. */
const longestAffinity = 86_400;

function affinity(spec: ServiceSpec, at: Place): void {
  const { sessionAffinity: sort, sessionAffinityConfig: config } = spec;
  requiredEnum('ClientIP', 'None')(sort, at.child('sessionAffinity'));
  const place = at.child('sessionAffinityConfig');
  if (sort === 'ClientIP') clientIp(config, place);
  else if (sort === 'None' && config) {
    place.forbidden('must not be set when session affinity is None');
  }
}

function clientIp(config: SessionAffinityConfig | undefined, at: Place): void {
  const why = 'when session affinity type is ClientIP';
  const ipAt = at.child('clientIP');
  if (!config) return at.required(why);
  if (!config.clientIP) return ipAt.required(why);
  const seconds = config.clientIP.timeoutSeconds;
  if (seconds === undefined) ipAt.child('timeoutSeconds').required(why);
  else if (seconds <= 0 || seconds > longestAffinity) {
    ipAt
      .child('timeoutSeconds')
      .invalid(seconds, `must be greater than 0 and less than ${longestAffinity}`);
  }
}

function portNumbers(spec: ServiceSpec, at: Place): void {
  const { ports = [] } = spec;
  if (spec.type === 'ClusterIP') {
    for (const [index, { nodePort }] of ports.entries()) {
      if (nodePort) {
        at.index(index).child('nodePort').forbidden("may not be used when `type` is 'ClusterIP'");
      }
    }
  }
  const nodePorts = new Seen();
  for (const [index, port] of ports.entries()) {
    if (port.nodePort && !nodePorts.add(`${port.protocol}/${port.nodePort}`)) {
      at.index(index).child('nodePort').duplicate(port.nodePort);
    }
  }
  const numbers = new Seen();
  for (const [index, { protocol: transport, port }] of ports.entries()) {
    if (!numbers.add(`${transport}/${port}`)) {
      at.index(index).duplicate(asInternal('ServicePort', { protocol: transport, port }));
    }
  }
}

function loadBalancerRanges(
  annotations: Readonly<Record<string, string>> = {},
  spec: ServiceSpec,
  at: Place,
): void {
  const only = "may only be used when `type` is 'LoadBalancer'";
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    const place = at.child('spec').child('LoadBalancerSourceRanges');
    if (spec.type !== 'LoadBalancer') place.forbidden(only);
    each<string>((range, item) => item.invalidEach(range.trim(), isCidr(range.trim())))(
      ranges,
      place,
    );
    return;
  }
  const annotation = annotations[sourceRanges];
  if (annotation === undefined) return;
  const place = at.child('metadata').child('annotations').key(sourceRanges);
  if (spec.type !== 'LoadBalancer') place.forbidden(only);
  if (annotation.trim() === '') return;
  for (const range of annotation.split(',')) place.invalidEach(range.trim(), isCidr(range.trim()));
}

function loadBalancerClass({ type, loadBalancerClass: name }: ServiceSpec, at: Place): void {
  if (name === undefined) return;
  if (type === 'LoadBalancer') at.invalidEach(name, isQualifiedName(name));
  else at.forbidden("may only be used when `type` is 'LoadBalancer'");
}

function trafficPolicies(spec: ServiceSpec, at: Place): void {
  const external = spec.externalTrafficPolicy ?? '';
  const externalAt = at.child('externalTrafficPolicy');
  if (isExternallyReachable(spec)) requiredEnum('Cluster', 'Local')(external, externalAt);
  else if (external) {
    externalAt.invalid(external, 'may only be set for externally-accessible services');
  }
  const health = spec.healthCheckNodePort ?? 0;
  const healthAt = at.child('healthCheckNodePort');
  if (!needsHealthCheck(spec)) {
    if (health !== 0) {
      healthAt.invalid(
        health,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      );
    }
  } else if (health === 0) healthAt.required();
  else healthAt.invalidEach(health, isPortNumber(health));
  const internalAt = at.child('internalTrafficPolicy');
  const internal = spec.internalTrafficPolicy;
  const needsInternal = ['NodePort', 'LoadBalancer', 'ClusterIP'].includes(spec.type ?? '');
  if (internal === undefined && needsInternal) internalAt.required();
  optionalEnum('Cluster', 'Local')(internal, internalAt);
  optionalEnum(
    'PreferClose',
    'PreferSameZone',
    'PreferSameNode',
  )(spec.trafficDistribution, at.child('trafficDistribution'));
}

/** Addresses and families agree with each other. */
export function clusterIps(spec: ServiceSpec, at: Place): void {
  if (spec.type === 'ExternalName') return;
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  const place = at.child('clusterIPs');
  if (clusterIP !== '') {
    if (clusterIPs.length === 0) place.required();
    else if (clusterIPs[0] !== clusterIP) {
      place.invalid(clusterIPs, 'first value must match `clusterIP`');
    }
  } else if (clusterIPs.length > 0) {
    place.invalid(clusterIPs, 'must be empty when `clusterIP` is not specified');
  }
  const seen = new Seen();
  each<string>((family, item) => {
    enumOf('IPv4', 'IPv6')(family, item);
    if (!seen.add(family)) item.duplicate(family);
  })(ipFamilies, at.child('ipFamilies'));
  optionalEnum(
    'PreferDualStack',
    'RequireDualStack',
    'SingleStack',
  )(spec.ipFamilyPolicy, at.child('ipFamilyPolicy'));
  const before = at.errors.length;
  for (const [index, ip] of clusterIPs.entries()) {
    if (index === 0 && ip === 'None') {
      if (clusterIPs.length > 1) {
        place.invalid(clusterIPs, "'None' must be the first and only value");
      }
    } else place.index(index).invalidEach(ip, isIp(ip));
  }
  const hasInvalid = at.errors.length > before;
  if (clusterIPs.length > 2) place.invalid(clusterIPs, 'may only hold up to 2 values');
  if (hasInvalid) return;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs.map(parseIp))) {
    place.invalid(clusterIPs, 'may specify no more than one IP for each IP family');
  }
  if (isHeadless(spec)) return;
  for (const [index, family] of ipFamilies.entries()) {
    const ip = clusterIPs[index];
    if (ip === undefined || (family !== 'IPv4' && family !== 'IPv6')) continue;
    if (ip.includes(':') !== (family === 'IPv6')) {
      place
        .index(index)
        .invalid(ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``);
    }
  }
}

function create(service: Service, at: Place): void {
  const { metadata: meta } = service;
  objectMeta(meta, at.child('metadata'), { namespaced: true, nameRule: labelLikeName });
  serviceAsIs(service, at);
}

function update(service: Service, old: Service, at: Place): void {
  const { metadata: meta, spec } = service;
  const { metadata: oldMeta, spec: oldSpec } = old;
  objectMetaUpdate(meta, oldMeta, at.child('metadata'));
  const specAt = at.child('spec');
  if (spec.type !== 'ExternalName' && oldSpec.type !== 'ExternalName') {
    clusterIpsStay(spec, oldSpec, specAt);
    ipFamiliesStay(spec, oldSpec, specAt);
  }
  const isBalanced = spec.type === 'LoadBalancer' && oldSpec.type === 'LoadBalancer';
  if (isBalanced && spec.loadBalancerClass !== oldSpec.loadBalancerClass) {
    specAt
      .child('loadBalancerClass')
      .invalid(spec.loadBalancerClass ?? null, 'may not change once set');
  }
  loadBalancerClass(spec, specAt.child('loadBalancerClass'));
  if (
    needsHealthCheck(oldSpec) &&
    needsHealthCheck(spec) &&
    spec.healthCheckNodePort !== oldSpec.healthCheckNodePort
  ) {
    specAt.child('healthCheckNodePort').forbidden('field is immutable');
  }
  serviceAsIs(service, at);
}

const stays = 'may not change once set';

function clusterIpsStay(spec: ServiceSpec, oldSpec: ServiceSpec, at: Place): void {
  const { clusterIPs: ips = [] } = spec;
  const { clusterIPs: old = [] } = oldSpec;
  if (isHeadless(spec) && isHeadless(oldSpec)) return;
  const place = at.child('clusterIPs');
  if (old.length === ips.length) {
    for (const [index, ip] of old.entries()) {
      if (ip !== ips[index]) place.index(index).invalid(ips, stays);
    }
    return;
  }
  if (ips.length === 0) place.index(0).invalid(ips, 'primary clusterIP can not be unset');
  else if (old.length > 0 && ips[0] !== old[0]) place.index(0).invalid(ips, stays);
  if (old.length > ips.length && ips.length === 1) {
    releasesOnlySingleStack(spec, at, 'secondary clusterIP');
  }
}

function ipFamiliesStay(spec: ServiceSpec, oldSpec: ServiceSpec, at: Place): void {
  const { ipFamilies: families = [] } = spec;
  const { ipFamilies: old = [] } = oldSpec;
  if (isHeadless(spec) || isHeadless(oldSpec)) return;
  const first = at.child('ipFamilies').index(0);
  if (old.length === families.length) {
    for (const [index, family] of old.entries()) {
      if (family !== families[index]) first.invalid(families, stays);
    }
    return;
  }
  if (old.length > families.length && !spec.clusterIPs?.length) {
    first.invalid(families, 'primary ipFamily can not be unset');
  }
  if (old.length > 0 && families.length > 0 && families[0] !== old[0]) {
    // Upstream prints the addresses here.
    first.invalid(spec.clusterIPs ?? null, stays);
  }
  if (old.length > families.length && families.length === 1) {
    releasesOnlySingleStack(spec, at, 'secondary ipFamily');
  }
}

function releasesOnlySingleStack({ ipFamilyPolicy }: ServiceSpec, at: Place, what: string): void {
  if (ipFamilyPolicy === 'SingleStack') return;
  at.child('ipFamilyPolicy').invalid(
    ipFamilyPolicy ?? null,
    `must be set to 'SingleStack' when releasing the ${what}`,
  );
}

/** What a load balancer reports; Ingresses report it likewise. */
function loadBalancerStatus(
  ingress: readonly LoadBalancerIngress[] = [],
  at: Place,
  spec: ServiceSpec,
): void {
  if (spec.type !== 'LoadBalancer' && ingress.length > 0) {
    return at.forbidden("may only be used when `spec.type` is 'LoadBalancer'");
  }
  each<LoadBalancerIngress>(({ ip, ipMode, hostname }, place) => {
    if (ip) place.child('ip').invalidEach(ip, isIp(ip));
    const modeAt = place.child('ipMode');
    if (ipMode === undefined) {
      if (ip) modeAt.required('must be specified when `ip` is set');
    } else if (!ip) modeAt.forbidden('may not be specified when `ip` is not set');
    else enumOf('Proxy', 'VIP')(ipMode, modeAt);
    if (!hostname) return;
    const hostAt = place.child('hostname');
    hostAt.invalidEach(hostname, isDns1123Subdomain(hostname));
    if (parseIp(hostname)) hostAt.invalid(hostname, 'must be a DNS name, not an IP address');
  })(ingress, at);
}

function statusUpdate(service: Service, old: Service, at: Place): void {
  objectMetaUpdate(service.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
  loadBalancerStatus(
    service.status?.loadBalancer?.ingress,
    at.child('status').child('loadBalancer').child('ingress'),
    service.spec ?? noSpec,
  );
}

export const service = kindValidation<Service>({
  create,
  update,
  subresources: { status: statusUpdate },
});
