import type {
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../generated/core-v1.generated.ts';
import { isQualifiedName } from '../../names.ts';
import { Quantity } from '../../quantity.ts';
import type { Rule } from '../rules.ts';
import type { Place } from '../place.ts';

/** The downward API: which of a Pod's fields and resources its containers may read. */

const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** What the conversion of field labels knows, before anything is said about where it may be used. */
const knownFieldPaths = new Set([
  ...volumeFieldPaths,
  ...envFieldPaths,
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const subscripted = /^(.+?)\['(.*)'\]$/s;

function fieldSelector(supported: readonly string[]): Rule<ObjectFieldSelector> {
  return ({ apiVersion, fieldPath }, at) => {
    if (!apiVersion) return at.child('apiVersion').required();
    if (!fieldPath) return at.child('fieldPath').required();
    const unconvertible = (why: string) =>
      at.child('fieldPath').invalid(fieldPath, `error converting fieldPath: ${why}`);
    if (apiVersion !== 'v1') return unconvertible(`unsupported pod version: ${apiVersion}`);
    const [, path, key] = subscripted.exec(fieldPath) ?? [];
    if (path !== undefined && key !== undefined) {
      if (path === 'metadata.annotations') at.invalidEach(key, isQualifiedName(key.toLowerCase()));
      else if (path === 'metadata.labels') at.invalidEach(key, isQualifiedName(key));
      else unconvertible(`field label does not support subscript: ${fieldPath}`);
      return;
    }
    if (!knownFieldPaths.has(fieldPath)) {
      return unconvertible(`field label not supported: ${fieldPath}`);
    }
    const current = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
    if (!supported.includes(current)) at.child('fieldPath').notSupported(current, supported);
  };
}

/** In a file of a volume: labels and annotations as a whole, too. */
export const volumeFieldSelector = fieldSelector(volumeFieldPaths);
export const envFieldSelector = fieldSelector(envFieldPaths);

const resources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const hugePages = ['limits.hugepages-', 'requests.hugepages-'];
const byteDivisors = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei'.split(', ');

/** A container's request or limit; volumes have to say of which container. */
export function resourceFieldSelector(
  { containerName, resource = '', divisor = '0' }: Partial<ResourceFieldSelector>,
  at: Place,
  use: 'env' | 'volume',
): void {
  if (use === 'volume' && !containerName) at.child('containerName').required();
  else if (!resource) at.child('resource').required();
  else if (!resources.includes(resource) && !hugePages.some((kind) => resource.startsWith(kind))) {
    at.child('resource').notSupported(resource, resources);
  }
  divisorOf(resource, divisor, at.child('divisor'));
}

function divisorOf(resource: string, divisor: string, at: Place): void {
  const quantity = Quantity.parse(divisor);
  if (quantity.isZero()) return;
  const kind = /^(?:limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-)/.exec(
    resource,
  )?.[1];
  if (kind === undefined) return;
  const refuse = (allowed: string, what: string) =>
    at.invalid(
      resource,
      `only divisor's values ${allowed} are supported with the ${what} resource`,
    );
  const text = quantity.toString();
  if (kind === 'cpu') {
    if (text !== '1m' && text !== '1') refuse('1m and 1', 'cpu');
  } else if (!byteDivisors.includes(text)) {
    const names = { 'ephemeral-storage': 'local ephemeral storage', 'hugepages-': 'hugepages' };
    refuse(byteDivisors.join(', '), names[kind as keyof typeof names] ?? kind);
  }
}
