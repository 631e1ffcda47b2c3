/**
 * What objects count for in a ResourceQuota (k8s.io/kubernetes `pkg/quota/v1/evaluator/core`): for
 * admission, which charges what is created, and for the controller that adds everything up.
 */
import type {
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  Service,
} from '../generated/core-v1.generated.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { containersTotal, type Quantities } from '../pod-resources.ts';
import { Quantity } from '../quantity.ts';

const STORAGE_CLASS = '.storageclass.storage.k8s.io/';
const OLD_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** Resources of Pods that a quota can name, as they are and with `requests.` or `limits.`. */
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const POD_LEVEL = /^(cpu|memory|hugepages-)/;

const one = Quantity.of(1);
const zero = Quantity.of(0);

function podTotal(spec: PodSpec, kind: 'requests' | 'limits'): Quantities {
  const total = new Map(containersTotal(spec, kind));
  // What the Pod asks for as a whole stands for its containers.
  for (const [name, text] of Object.entries(spec.resources?.[kind] ?? {}))
    if (POD_LEVEL.test(name)) total.set(name, Quantity.parse(text));
  if (kind === 'requests' || total.size > 0)
    for (const [name, text] of Object.entries(spec.overhead ?? {})) {
      const more = Quantity.parse(text);
      const before = total.get(name);
      if (before !== undefined || kind === 'requests') total.set(name, before?.add(more) ?? more);
    }
  return total;
}

/** Names with a domain that is not Kubernetes' own: devices. */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

/** A Pod that has ended, or should have by now, counts for its object only. */
function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds !== undefined &&
    now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
  );
}

function podUsage(pod: Pod, now: number): Map<string, Quantity> {
  const usage = new Map([['count/pods', one]]);
  if (isOver(pod, now)) return usage;
  usage.set('pods', one);
  const requests = podTotal(pod.spec, 'requests');
  const limits = podTotal(pod.spec, 'limits');
  for (const name of COMPUTE) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request !== undefined) usage.set(name, request).set(`requests.${name}`, request);
    if (limit !== undefined) usage.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (name.startsWith('hugepages-')) usage.set(name, request).set(`requests.${name}`, request);
    if (isExtended(name)) usage.set(`requests.${name}`, request);
  }
  return usage;
}

function serviceUsage({ spec }: Service): Map<string, Quantity> {
  const ports = spec.ports ?? [];
  const explicit = ports.filter(({ nodePort = 0 }) => nodePort !== 0).length;
  const balanced = spec.type === 'LoadBalancer';
  const nodePorts =
    spec.type === 'NodePort'
      ? ports.length
      : balanced
        ? spec.allocateLoadBalancerNodePorts === false
          ? explicit
          : ports.length
        : 0;
  return new Map([
    ['count/services', one],
    ['services', one],
    ['services.loadbalancers', balanced ? one : zero],
    ['services.nodeports', Quantity.of(nodePorts)],
  ]);
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): Map<string, Quantity> {
  const usage = new Map([
    ['count/persistentvolumeclaims', one],
    ['persistentvolumeclaims', one],
  ]);
  const storageClass = metadata.annotations?.[OLD_STORAGE_CLASS] ?? spec.storageClassName ?? '';
  if (storageClass !== '') usage.set(`${storageClass}${STORAGE_CLASS}persistentvolumeclaims`, one);
  const wanted = spec.resources?.requests?.['storage'];
  if (wanted === undefined) return usage;
  let storage = Quantity.parse(wanted);
  const allocated = status?.allocatedResources?.['storage'];
  if (allocated !== undefined && Quantity.parse(allocated).compare(storage) > 0)
    storage = Quantity.parse(allocated);
  usage.set('requests.storage', storage);
  if (storageClass !== '') usage.set(`${storageClass}${STORAGE_CLASS}requests.storage`, storage);
  return usage;
}

/** `count/deployments.apps` */
function countName(group: string, plural: string): string {
  return `count/${plural}${group === '' ? '' : `.${group}`}`;
}

/** Kinds that had a count of their own before every kind had one. */
const OLD_COUNTS: Readonly<Record<string, string>> = {
  '/configmaps': 'configmaps',
  '/resourcequotas': 'resourcequotas',
  '/replicationcontrollers': 'replicationcontrollers',
  '/secrets': 'secrets',
};

/** What an object of a resource counts for. @param now UNIX milliseconds */
export function quotaUsage(
  { group, plural }: { readonly group: string; readonly plural: string },
  object: KubernetesObject,
  now: number,
): ReadonlyMap<string, Quantity> {
  const id = `${group}/${plural}`;
  switch (id) {
    case '/pods':
      return podUsage(object as unknown as Pod, now);
    case '/services':
      return serviceUsage(object as unknown as Service);
    case '/persistentvolumeclaims':
      return claimUsage(object as unknown as PersistentVolumeClaim);
    default: {
      const usage = new Map([[countName(group, plural), one]]);
      const old = OLD_COUNTS[id];
      return old === undefined ? usage : usage.set(old, one);
    }
  }
}

const POD_NAMES = new Set([
  'count/pods',
  'pods',
  ...COMPUTE,
  ...COMPUTE.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
]);

/** Whether a quota's resource is about objects of this resource. */
export function isCountedBy(
  name: string,
  { group, plural }: { readonly group: string; readonly plural: string },
): boolean {
  const id = `${group}/${plural}`;
  switch (id) {
    case '/pods':
      return (
        POD_NAMES.has(name) ||
        /^(requests\.)?hugepages-/.test(name) ||
        (name.startsWith('requests.') && isExtended(name.slice('requests.'.length)))
      );
    case '/services':
      return (
        name === 'count/services' ||
        name === 'services' ||
        /^services\.(nodeports|loadbalancers)$/.test(name)
      );
    case '/persistentvolumeclaims':
      return (
        ['count/persistentvolumeclaims', 'persistentvolumeclaims', 'requests.storage'].includes(
          name,
        ) ||
        name.endsWith(`${STORAGE_CLASS}persistentvolumeclaims`) ||
        name.endsWith(`${STORAGE_CLASS}requests.storage`)
      );
    default:
      return name === countName(group, plural) || name === OLD_COUNTS[id];
  }
}

/** CPU and memory that some container must ask for because a quota counts them; by resource, the containers. */
export function missingRequests(
  spec: PodSpec,
  names: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const missing = new Map<string, string[]>();
  const podLevel = { ...spec.resources?.requests, ...spec.resources?.limits };
  if (Object.keys(podLevel).some((name) => POD_LEVEL.test(name))) return missing;
  const needed = names.filter((name) => /^((requests|limits)\.)?(cpu|memory)$/.test(name));
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const { requests = {}, limits = {} } = container.resources ?? {};
    for (const name of needed) {
      const bare = name.replace(/^(requests|limits)\./, '');
      const list = name.startsWith('limits.') ? limits : requests;
      if (bare in list) continue;
      missing.set(name, [...(missing.get(name) ?? []), container.name]);
    }
  }
  return missing;
}
