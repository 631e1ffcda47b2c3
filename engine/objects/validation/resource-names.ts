import { isQualifiedName } from '../names.ts';
import { Quantity } from '../quantity.ts';
import type { Place } from './place.ts';

/** Names of compute resources and the quantities they may have (upstream's `core/helper`). */

const hugePages = 'hugepages-';

const computeResources = ['cpu', 'memory', 'ephemeral-storage'];

const integerResources = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

/** What a ResourceQuota may limit, but for object counts (`count/pods`) and extended resources. */
const quotaResources = new Set([
  ...integerResources,
  ...computeResources,
  ...computeResources.map((name) => `requests.${name}`),
  ...computeResources.map((name) => `limits.${name}`),
  'requests.storage',
]);

const isHugePageQuota = (name: string) =>
  name.startsWith(hugePages) || name.startsWith(`requests.${hugePages}`);

export const isHugePages = (name: string) => name.startsWith(hugePages);

export const isStandardQuotaResource = (name: string) =>
  quotaResources.has(name) || isHugePageQuota(name);

const isStandardResource = (name: string) => isStandardQuotaResource(name) || name === 'storage';

const isStandardContainerResource = (name: string) =>
  computeResources.includes(name) || isHugePages(name);

/** Kubernetes' own: without a domain, or in `kubernetes.io/`. */
export const isNativeResource = (name: string) =>
  !name.includes('/') || name.includes('kubernetes.io/');

/** Advertised by device plugins: `example.com/gpu`. */
function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

/** Whether requests may be below limits. */
export const isOvercommitAllowed = (name: string) => isNativeResource(name) && !isHugePages(name);

/** Whether a Pod as a whole may have requests and limits of it. */
export const isPodResource = (name: string) =>
  name === 'cpu' || name === 'memory' || isHugePages(name);

/** Any resource; returns whether nothing was wrong. */
export function resourceName(name: string, at: Place): boolean {
  const messages = isQualifiedName(name);
  at.invalidEach(name, messages);
  if (messages.length > 0) return false;
  if (name.includes('/') || isStandardResource(name)) return true;
  at.invalid(name, 'must be a standard resource type or fully qualified');
  return false;
}

export function containerResourceName(name: string, at: Place): void {
  resourceName(name, at);
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name)) {
      at.invalid(name, 'must be a standard resource for containers');
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    at.invalid(name, "doesn't follow extended resource name standard");
  }
}

export function podResourceName(name: string, at: Place): void {
  if (resourceName(name, at) && !isPodResource(name)) {
    at.notSupported(name, ['cpu', 'hugepages-', 'memory']);
  }
}

export function quotaResourceName(name: string, at: Place): void {
  resourceName(name, at);
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    at.invalid(name, 'must be a standard resource for quota');
  }
}

export function nonNegativeQuantity(text: string, at: Place): void {
  if (Quantity.parse(text).sign() < 0) at.invalid(text, 'must be greater than or equal to 0');
}

export function positiveQuantity(text: string, at: Place): void {
  if (Quantity.parse(text).sign() <= 0) at.invalid(text, 'must be greater than zero');
}

const isWhole = (quantity: Quantity) => quantity.milliValue() % 1000 === 0;

/** A quantity of `resource`: not negative, and whole where the resource comes in pieces. */
export function resourceQuantity(resource: string, text: string, at: Place): void {
  nonNegativeQuantity(text, at);
  const comesInPieces = integerResources.has(resource) || isExtendedResource(resource);
  if (comesInPieces && !isWhole(Quantity.parse(text))) at.invalid(text, 'must be an integer');
}

/** A quantity that may be anything but negative, reported as a whole number. */
export function basicQuantity(text: string, at: Place): boolean {
  const value = Quantity.parse(text).value();
  if (value >= 0) return true;
  at.invalid(value, 'must be a valid resource quantity');
  return false;
}

/** Whether `quantity` is made of whole pages of the size in `name` (`hugepages-2Mi`). */
export function isWholePages(name: string, quantity: Quantity): boolean {
  const size = /^\d.*$/.test(name.slice(hugePages.length))
    ? Quantity.parse(name.slice(hugePages.length))
    : undefined;
  if (!size || size.sign() <= 0 || !isWhole(size)) return false;
  return quantity.value() % size.value() === 0;
}
