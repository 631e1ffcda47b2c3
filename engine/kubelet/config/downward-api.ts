/**
 * What a container may learn of its own Pod: fields and resources, as environment variables and files.
 * https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
 */
import type {
  Container,
  Pod,
  ResourceFieldSelector,
} from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { isQualifiedName } from '../../objects/names.ts';
import { Quantity } from '../../objects/quantity.ts';

/** By resource: what is given to a container that has no limit of its own. */
export type NodeAllocatable = Readonly<Record<string, string>>;

/** Resources of which the node has only so much, whatever a container's limit. */
const LIMITED_BY_NODE = ['cpu', 'memory', 'ephemeral-storage'] as const;

/** The value of a metadata field. @throws Error with upstream's message (pkg/fieldpath) */
export function metadataField({ metadata }: Pod, path: string): string {
  const [, field, key = ''] = /^(.+?)\['(.*)'\]$/s.exec(path) ?? [];
  if (field !== undefined) {
    const isAnnotation = field === 'metadata.annotations';
    if (!isAnnotation && field !== 'metadata.labels')
      throw new Error(`fieldPath ${goQuote(path)} does not support subscript`);
    const problems = isQualifiedName(isAnnotation ? key.toLowerCase() : key);
    if (problems.length > 0)
      throw new Error(`invalid key subscript in ${path}: ${problems.join(';')}`);
    return (isAnnotation ? metadata.annotations : metadata.labels)?.[key] ?? '';
  }
  switch (path) {
    case 'metadata.annotations':
      return lines(metadata.annotations);
    case 'metadata.labels':
      return lines(metadata.labels);
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** `key="value"` on a line each, in order of keys. */
function lines(values: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .join('\n');
}

/** The value of any field that variables may have. */
export function podField(
  pod: Pod,
  path: string,
  addresses: { readonly hostIps: readonly string[]; readonly podIps: readonly string[] },
): string {
  switch (path) {
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return addresses.hostIps[0] ?? '';
    case 'status.hostIPs':
      return addresses.hostIps.join(',');
    case 'status.podIP':
      return addresses.podIps[0] ?? '';
    case 'status.podIPs':
      return addresses.podIps.join(',');
    default:
      return metadataField(pod, path);
  }
}

/**
 * A container's request or limit in units of the divisor, rounded up. A limit that is not set is the Pod's, or
 * what the node has.
 * @param own the container whose variable it is; files name theirs
 * @throws Error with upstream's message (pkg/api/v1/resource)
 */
export function resourceField(
  { resource, divisor, containerName = '' }: ResourceFieldSelector,
  pod: Pod,
  own: Container | undefined,
  allocatable: NodeAllocatable,
): string {
  const { containers, initContainers = [] } = pod.spec;
  const container =
    containerName === '' && own !== undefined
      ? own
      : [...containers, ...initContainers].find(({ name }) => name === containerName);
  if (container === undefined) throw new Error(`container ${containerName} not found`);
  const [, kind, name = ''] = /^(limits|requests)\.(.+)$/.exec(resource) ?? [];
  const isLimited = (LIMITED_BY_NODE as readonly string[]).includes(name);
  if (kind === undefined || (!isLimited && !name.startsWith('hugepages-')))
    throw new Error(`unsupported container resource : ${resource}`);
  const wanted =
    kind === 'limits'
      ? limitOf(container, pod, name, isLimited ? allocatable : {})
      : Quantity.parse(container.resources?.requests?.[name] ?? '0');
  const given = Quantity.parse(divisor ?? '0');
  const unit = given.isZero() ? Quantity.of(1) : given;
  const units =
    name === 'cpu' ? wanted.milliValue() / unit.milliValue() : wanted.value() / unit.value();
  return String(Math.ceil(units));
}

function limitOf(
  container: Container,
  pod: Pod,
  name: string,
  allocatable: NodeAllocatable,
): Quantity {
  const own = Quantity.parse(container.resources?.limits?.[name] ?? '0');
  if (!own.isZero()) return own;
  const ofPod = Quantity.parse(pod.spec.resources?.limits?.[name] ?? '0');
  const ofNode = allocatable[name];
  if (ofNode === undefined) return own;
  return name !== 'ephemeral-storage' && !ofPod.isZero() ? ofPod : Quantity.parse(ofNode);
}
