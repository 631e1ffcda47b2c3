import type {
  HostAlias,
  PodDNSConfig,
  PodReadinessGate,
  PodResourceClaim,
  PodSpec,
} from '../../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../generated/meta-v1.generated.ts';
import { goQuote } from '../../go-text.ts';
import { isIp } from '../../ip.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isDns1123SubdomainWithUnderscore,
  isQualifiedName,
} from '../../names.ts';
import { containersTotal } from '../../pod-resources.ts';
import { Quantity } from '../../quantity.ts';
import { asInternal } from '../internal.ts';
import { labels } from '../label-selector.ts';
import { Place } from '../place.ts';
import { isHugePages, podResourceName } from '../resource-names.ts';
import {
  between,
  byteLength,
  each,
  fields,
  optional,
  optionalName,
  requiredEnum,
  Seen,
  valid,
  type Rule,
} from '../rules.ts';
import { containers, ephemeralContainers, initContainers } from './containers.ts';
import { podContainers } from './pod-containers.ts';
import { hostProcessPod, podOs } from './pod-os.ts';
import { resourceRequirements } from './resources.ts';
import { affinity, schedulingGates, tolerations, topologySpreadConstraints } from './scheduling.ts';
import { podSecurityContext } from './security-context.ts';
import { volumes } from './volumes.ts';

/** A Pod's own metadata, or `undefined` where the specification is a template's. */
export function podSpec(spec: PodSpec, at: Place, pod: ObjectMeta | undefined): void {
  if (spec.terminationGracePeriodSeconds === undefined) {
    at.child('terminationGracePeriodSeconds').required();
  }
  const mountable = volumes(spec.volumes, at.child('volumes'), pod);
  resourceClaims(spec.resourceClaims, at.child('resourceClaims'), pod);
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean));
  const context = { spec, volumes: mountable, claimNames };
  containers(at.child('containers'), context);
  initContainers(at.child('initContainers'), context);
  ephemeralContainers(at.child('ephemeralContainers'), context);
  podResources(spec, at.child('resources'), claimNames);
  hostNetworkPorts(spec, at, pod !== undefined);
  policies(spec, at);
  podSecurityContext(spec.securityContext, at.child('securityContext'), spec);
  if (spec.hostPID && spec.shareProcessNamespace) {
    at.child('shareProcessNamespace').invalid(
      true,
      'ShareProcessNamespace and HostPID cannot both be enabled',
    );
  }
  optional(affinity)(spec.affinity, at.child('affinity'));
  dnsConfig(spec, at.child('dnsConfig'));
  gates(spec, at);
  hostProcessPod(spec, at);
  hostUsers(spec, at);
  hostnameOverride(spec, at.child('hostnameOverride'));
  names(spec, at);
  overhead(spec.overhead, at.child('overhead'));
  podOs(spec, at);
  fileKeyVolumes(spec, at);
}

const policies = fields<PodSpec>({
  restartPolicy: requiredEnum('Always', 'OnFailure', 'Never'),
  dnsPolicy: requiredEnum('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'),
  nodeSelector: labels,
});

const gates = fields<PodSpec>({
  readinessGates: each(fields<PodReadinessGate>({ conditionType: valid(isQualifiedName) })),
  schedulingGates,
  topologySpreadConstraints,
});

const names: Rule<PodSpec> = (spec, at) => {
  const { serviceAccount = '', serviceAccountName = '' } = spec;
  optionalName(isDns1123Subdomain)(serviceAccountName, at.child('serviceAccountName'));
  if (serviceAccount !== serviceAccountName) {
    at.child('deprecatedServiceAccount').invalid(
      serviceAccount,
      `must be the same as serviceAccountName: ${goQuote(serviceAccountName)}`,
    );
  }
  otherNames(spec, at);
};

const otherNames = fields<PodSpec>({
  nodeName: optionalName(isDns1123Subdomain),
  activeDeadlineSeconds: optional(between(1, 2 ** 31 - 1)),
  hostname: optionalName(isDns1123Label),
  subdomain: optionalName(isDns1123Label),
  tolerations,
  hostAliases: each(
    fields<HostAlias>({ ip: valid(isIp), hostnames: each(valid(isDns1123Subdomain)) }),
  ),
  priorityClassName: optionalName(isDns1123Subdomain),
  runtimeClassName: optional(valid(isDns1123Subdomain)),
  preemptionPolicy: optional(requiredEnum('PreemptLowerPriority', 'Never')),
});

const overhead = optional<Readonly<Record<string, string>>>((list, at) =>
  resourceRequirements({ limits: list }, at, new Set()),
);

function resourceClaims(
  claims: readonly PodResourceClaim[] | undefined,
  at: Place,
  pod: ObjectMeta | undefined,
): void {
  const seen = new Seen();
  each<PodResourceClaim>((claim, place) => {
    if (pod?.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
      Place.root(at.errors).forbidden('static pods do not support resource claims');
      return;
    }
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const nameAt = place.child('name');
    if (!name) nameAt.required();
    else if (!seen.add(name)) nameAt.duplicate(name);
    else nameAt.invalidEach(name, isDns1123Label(name));
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      place.invalid(
        asInternal('PodResourceClaim', claim),
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
      );
    } else if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      place.invalid(
        asInternal('PodResourceClaim', claim),
        'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      );
    }
    optional(valid(isDns1123Subdomain))(resourceClaimName, place.child('resourceClaimName'));
    optional(valid(isDns1123Subdomain))(
      resourceClaimTemplateName,
      place.child('resourceClaimTemplateName'),
    );
  })(claims, at);
}

/** Requests and limits of the Pod as a whole, which its containers have to fit in. */
function podResources(spec: PodSpec, at: Place, claimNames: ReadonlySet<string>): void {
  const { resources } = spec;
  if (!resources) return;
  if (spec.os?.name === 'windows') return at.forbidden('may not be set for a windows pod');
  if (resources.claims) {
    at.child('claims').forbidden('claims may not be set for Resources at pod-level');
  }
  resourceRequirements(resources, at, claimNames, podResourceName);
  for (const [name, total] of containersTotal(spec, 'requests')) {
    const request = resources.requests?.[name];
    if (request !== undefined && total.compare(Quantity.parse(request)) > 0) {
      at.child('requests')
        .key(name)
        .invalid(
          request,
          `must be greater than or equal to aggregate container requests of ${String(total)}`,
        );
    }
  }
  for (const [name, total] of containersTotal(spec, 'limits')) {
    const limit = resources.limits?.[name];
    if (isHugePages(name) && limit !== undefined && total.compare(Quantity.parse(limit)) > 0) {
      at.child('limits')
        .key(name)
        .invalid(
          limit,
          `must be greater than or equal to aggregate container limits of ${String(total)}`,
        );
    }
  }
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [name, own] of Object.entries(container.resources?.limits ?? {})) {
      const limit = resources.limits?.[name];
      if (limit !== undefined && Quantity.parse(own).compare(Quantity.parse(limit)) > 0) {
        // Upstream's path of it is like this.
        const place = at.child('containers').index(index).key(name).child('limits');
        place.invalid(own, `must be less than or equal to pod limits of ${limit}`);
      }
    }
  }
}

function hostNetworkPorts(spec: PodSpec, at: Place, isPod: boolean): void {
  if (!spec.hostNetwork) return;
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [position, port] of (container.ports ?? []).entries()) {
      const { hostPort = 0, containerPort } = port;
      if ((isPod || hostPort !== 0) && hostPort !== containerPort) {
        const place = at.child('containers').index(index).child('ports').index(position);
        place
          .child('hostPort')
          .invalid(hostPort, 'must match `containerPort` when `hostNetwork` is true');
      }
    }
  }
}

const mostNameservers = 3;
const mostSearches = 32;
const longestSearchList = 2048;

function dnsConfig({ dnsPolicy, dnsConfig: config }: PodSpec, at: Place): void {
  if (dnsPolicy === 'None') {
    if (!config) {
      return at.required('must provide `dnsConfig` when `dnsPolicy` is None');
    }
    if (!config.nameservers?.length) {
      return at
        .child('nameservers')
        .required('must provide at least one DNS nameserver when `dnsPolicy` is None');
    }
  }
  if (!config) return;
  const { nameservers = [], searches = [], options = [] }: PodDNSConfig = config;
  const servers = at.child('nameservers');
  if (nameservers.length > mostNameservers) {
    servers.invalid(nameservers, `must not have more than ${mostNameservers} nameservers`);
  }
  each(valid(isIp))(nameservers, servers);
  const domains = at.child('searches');
  if (searches.length > mostSearches) {
    domains.invalid(searches, `must not have more than ${mostSearches} search paths`);
  }
  if (byteLength(searches.join(' ')) > longestSearchList) {
    domains.invalid(
      searches,
      `must not have more than ${longestSearchList} characters (including spaces) in the search list`,
    );
  }
  each<string>((search, place) => {
    if (search === '.') return;
    const name = search.replace(/\.$/, '');
    place.invalidEach(name, isDns1123SubdomainWithUnderscore(name));
  })(searches, domains);
  for (const [index, option] of options.entries()) {
    if (!option.name) at.child('options').index(index).required('must not be empty');
  }
}

function hostUsers(spec: PodSpec, at: Place): void {
  if (spec.hostUsers !== false) return;
  const why = 'when `hostUsers` is false';
  if (spec.hostNetwork) at.child('hostNetwork').forbidden(why);
  if (spec.hostPID) at.child('HostPID').forbidden(why);
  if (spec.hostIPC) at.child('HostIPC').forbidden(why);
  for (const { container, place } of podContainers(spec, at)) {
    if (container.volumeDevices?.length) place.child('volumeDevices').forbidden(why);
  }
}

/** Bytes, Linux' limit of a host name. */
const longestHostname = 64;

function hostnameOverride(spec: PodSpec, at: Place): void {
  const { hostnameOverride: name } = spec;
  if (name === undefined) return;
  if (spec.setHostnameAsFQDN) {
    at.forbidden('may not be specified when setHostnameAsFQDN is true');
  }
  if (spec.hostNetwork) at.forbidden('may not be specified when hostNetwork is true');
  if (byteLength(name) > longestHostname) at.tooLong(longestHostname);
  at.invalidEach(name, isDns1123Subdomain(name));
}

/** Variables read from a file: it lies in an empty directory of the Pod. */
function fileKeyVolumes(spec: PodSpec, at: Place): void {
  const sources = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  for (const { container, place } of podContainers(spec, at)) {
    for (const [index, { valueFrom }] of (container.env ?? []).entries()) {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (valueFrom?.fileKeyRef === undefined || name === undefined) continue;
      const nameAt = place
        .child('env')
        .index(index)
        .child('valueFrom')
        .child('fileKeyRef')
        .child('volumeName');
      const source = sources.get(name);
      if (!source) nameAt.notFound(name);
      else if (!source.emptyDir) {
        nameAt.invalid(name, 'referenced volume must be of type emptyDir');
      }
    }
  }
}
