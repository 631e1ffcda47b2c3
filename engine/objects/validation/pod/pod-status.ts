import type {
  Container,
  ContainerStatus,
  Pod,
  PodSpec,
  PodStatus,
} from '../../generated/core-v1.generated.ts';
import { isDualStack, isIp, parseIp } from '../../ip.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../names.ts';
import { isSidecar } from '../../pod-resources.ts';
import { asInternal } from '../internal.ts';
import { objectMetaUpdate } from '../metadata.ts';
import type { Place } from '../place.ts';
import { between, byteLength, enumOf, each, optional, Seen, unixId, valid } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { podAnnotationUpdate } from './pod-update.ts';

/** What kubelets and controllers report of a Pod. */
export function podStatusUpdate(pod: Pod, old: Pod, at: Place): void {
  objectMetaUpdate(pod.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
  podAnnotationUpdate(pod, old, at);
  const { status = {}, spec } = pod;
  const { status: before = {}, spec: oldSpec } = old;
  const place = at.child('status');
  conditions(status, place.child('conditions'));
  nodeNames(pod, old, place);
  if ((status.observedGeneration ?? 0) < 0) {
    place
      .child('observedGeneration')
      .invalid(status.observedGeneration, 'must be a non-negative integer');
  }
  if (!sameValue(status.qosClass, before.qosClass)) {
    place.child('qosClass').invalid(status.qosClass ?? '', 'field is immutable');
  }
  for (const list of ['containerStatuses', 'initContainerStatuses'] as const) {
    const containers = list === 'containerStatuses' ? oldSpec.containers : oldSpec.initContainers;
    staysFinished(status[list], before[list], place.child(list), ({ name, state }) => {
      const container = containers?.find((candidate) => candidate.name === name);
      return container ? mayRestart(container, oldSpec, state?.terminated?.exitCode ?? 0) : false;
    });
    containerUsers(status[list], place.child(list), spec);
  }
  const ephemeral = 'ephemeralContainerStatuses';
  staysFinished(status[ephemeral], before[ephemeral], place.child(ephemeral), () => false);
  containerUsers(status[ephemeral], place.child(ephemeral), spec);
  resourceClaimStatuses(pod, place);
  addresses(status, place);
  allocatedResources(status, spec, place);
}

const systemConditions = ['PodScheduled', 'Ready', 'Initialized'];

function conditions({ conditions: list = [] }: PodStatus, at: Place): void {
  for (const [index, { type, observedGeneration = 0 }] of list.entries()) {
    const place = at.index(index);
    if (observedGeneration < 0) {
      place
        .child('observedGeneration')
        .invalid(observedGeneration, 'must be a non-negative integer');
    }
    if (systemConditions.includes(type)) continue;
    place.child('Type').invalidEach(type, isQualifiedName(type));
  }
}

function nodeNames(pod: Pod, old: Pod, at: Place): void {
  if (pod.spec?.nodeName !== old.spec?.nodeName) {
    at.child('nodeName').forbidden('may not be changed directly');
  }
  const nominated = pod.status?.nominatedNodeName;
  if (!nominated || nominated === old.status?.nominatedNodeName) return;
  const place = at.child('nominatedNodeName');
  place.invalidEach(nominated, isDns1123Subdomain(nominated));
  if (old.spec?.nodeName)
    place.forbidden('may not be set on pods that are already bound to a node');
}

/** Whether the kubelet starts a container again that ended with `exitCode`. */
function mayRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (action !== 'Restart' && action !== 'RestartAllContainers') continue;
    const isListed = exitCodes?.values?.includes(exitCode) ?? false;
    if (exitCodes && isListed === (exitCodes.operator === 'In')) return true;
  }
  const policy = container.restartPolicy ?? spec.restartPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0) || isSidecar(container);
}

/** A container that has ended and is not restarted may not be said to run again. */
function staysFinished(
  list: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  at: Place,
  isAllowed: (ended: ContainerStatus) => boolean,
): void {
  for (const [index, ended] of old.entries()) {
    if (!ended.state?.terminated) continue;
    const now = list.find(({ name, state }) => name === ended.name && !state?.terminated);
    if (now && !isAllowed(ended)) {
      at.index(index).child('state').forbidden('may not be transitioned to non-terminated state');
    }
  }
}

function resourceClaimStatuses({ spec, status }: Pod, at: Place): void {
  const seen = new Seen();
  for (const [index, { name, resourceClaimName }] of (
    status?.resourceClaimStatuses ?? []
  ).entries()) {
    const place = at.child('resourceClaimStatuses').index(index);
    if (!spec?.resourceClaims?.some((claim) => claim.name === name)) {
      place.child('name').invalid(name, 'must match the name of an entry in `spec.resourceClaims`');
    }
    if (!seen.add(name)) place.child('name').duplicate(name);
    optional(valid(isDns1123Subdomain))(resourceClaimName, place.child('resourceClaimName'));
  }
  const extended = status?.extendedResourceClaimStatus;
  if (!extended) return;
  const place = at.child('extendedResourceClaimStatus');
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const mappings = extended.requestMappings ?? [];
  if (mappings.length === 0) {
    place.child('requestMappings').required('at least one request mapping is required');
  }
  for (const [index, mapping] of mappings.entries()) {
    const item = place.child('requestMappings').index(index);
    const container = containers.find(({ name }) => name === mapping.containerName);
    if (!container) {
      item
        .child('containerName')
        .invalid(
          mapping.containerName,
          'must match the name of an entry in spec.initContainers.name or spec.containers.name',
        );
    } else if (container.resources?.requests?.[mapping.resourceName] === undefined) {
      item
        .child('resourceName')
        .invalid(
          mapping.resourceName,
          'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
        );
    }
    place
      .child('requestName')
      .invalidEach(mapping.requestName, isDns1123Label(mapping.requestName));
  }
  const { resourceClaimName: claim } = extended;
  if (claim) place.child('resourceClaimName').invalidEach(claim, isDns1123Subdomain(claim));
  else place.child('resourceClaimName').required();
}

const onePerFamily = 'may specify no more than one IP for each IP family';

function addresses(status: PodStatus, at: Place): void {
  const { podIP = '', podIPs = [], hostIP = '', hostIPs = [] } = status;
  const pods = at.child('podIPs');
  const invalidPods = (detail: string) => pods.invalid(asInternal('PodIP', podIPs), detail);
  ipList(podIPs, pods, () => invalidPods(onePerFamily));
  if ((podIP !== '') !== podIPs.length > 0) {
    invalidPods('podIP and podIPs must either both be set or both be unset');
  } else if (podIPs[0] && podIPs[0].ip !== podIP) {
    pods.index(0).child('ip').invalid(podIPs[0].ip, 'must be equal to `podIP`');
  }
  const hosts = at.child('hostIPs');
  if (hostIPs[0] && hostIPs[0].ip !== hostIP) {
    hosts.index(0).child('ip').invalid(hostIPs[0].ip, 'must be equal to `hostIP`');
  }
  ipList(hostIPs, hosts, () => hosts.invalid(asInternal('HostIP', hostIPs), onePerFamily));
}

function ipList(list: readonly { ip: string }[], at: Place, tooMany: () => void): void {
  for (const [index, { ip }] of list.entries()) at.index(index).invalidEach(ip, isIp(ip));
  if (list.length < 2) return;
  const bad = list.findIndex(({ ip }) => !parseIp(ip));
  if (bad >= 0) {
    const which = `invalid IP[${bad}]: ${list[bad]?.ip}`;
    at.report('InternalError', undefined, `failed to check for dual stack with error:${which}`);
  }
  if (!isDualStack(list.map(({ ip }) => parseIp(ip))) || list.length > 2) tooMany();
}

function containerUsers(
  statuses: readonly ContainerStatus[] = [],
  at: Place,
  { os }: PodSpec,
): void {
  for (const [index, { user }] of statuses.entries()) {
    const { linux } = user ?? {};
    if (!linux) continue;
    const place = at.index(index).child('user').child('linux');
    if (os?.name === 'windows') place.forbidden('cannot be set for a windows pod');
    else if (!os || os.name === 'linux') {
      between(0, 2 ** 32 - 1)(linux.uid, place.child('uid'));
      unixId(linux.gid, place.child('gid'));
      each(unixId)(linux.supplementalGroups, place.child('supplementalGroups'));
    }
  }
}

const longestMessage = 1024;

function allocatedResources(status: PodStatus, spec: PodSpec, at: Place): void {
  const check = (
    statuses: readonly ContainerStatus[] = [],
    containers: readonly Container[],
    place: Place,
  ) => {
    for (const [index, containerStatus] of statuses.entries()) {
      const container = containers.find(({ name }) => name === containerStatus.name);
      const item = place.index(index).child('allocatedResourcesStatus');
      resourcesStatus(containerStatus, container, item);
    }
  };
  check(status.containerStatuses, spec.containers ?? [], at.child('containerStatuses'));
  check(status.initContainerStatuses, spec.initContainers ?? [], at.child('initContainerStatuses'));
  for (const [index, one] of (status.ephemeralContainerStatuses ?? []).entries()) {
    if (one.allocatedResourcesStatus?.length) {
      at.child('ephemeralContainerStatuses')
        .index(index)
        .child('allocatedResourcesStatus')
        .forbidden('must not be specified in container status');
    }
  }
}

function resourcesStatus(
  status: ContainerStatus,
  container: Container | undefined,
  at: Place,
): void {
  for (const [index, { name, resources = [] }] of (
    status.allocatedResourcesStatus ?? []
  ).entries()) {
    const place = at.index(index);
    if (container && !hasResource(container, name)) {
      place
        .child('name')
        .invalid(
          name,
          name.startsWith('claim:')
            ? "must match one of the container's resource claims as 'claim:<claimName>/<requestName>' when container.resources.claims[*].request is set or 'claim:<claimName>' when it is empty"
            : "must match one of the container's resource requests",
        );
    }
    const seen = new Seen();
    for (const [position, { health, message, resourceID }] of resources.entries()) {
      const item = place.child('resources').index(position);
      enumOf('Healthy', 'Unhealthy', 'Unknown')(health, item.child('health'));
      if (message === '') item.child('message').required('must be non-empty if specified');
      else if (byteLength(message ?? '') > longestMessage) {
        item.child('message').tooLong(longestMessage);
      }
      if (!seen.add(resourceID)) item.child('resourceID').duplicate(resourceID);
    }
  }
}

function hasResource({ resources = {} }: Container, name: string): boolean {
  if (!name.startsWith('claim:')) return resources.requests?.[name] !== undefined;
  return (resources.claims ?? []).some(
    (claim) => name === `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`,
  );
}
