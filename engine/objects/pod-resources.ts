import type { Container, PodSpec, ResourceRequirements } from './generated/core-v1.generated.ts';
import { Quantity } from './quantity.ts';

/** What a Pod's containers need together (upstream's `component-helpers/resource`), and its QoS class. */

export type Quantities = ReadonlyMap<string, Quantity>;

/** Containers that run beside the others although they are listed as init containers. */
export const isSidecar = (container: Pick<Container, 'restartPolicy'>) =>
  container.restartPolicy === 'Always';

/** How amounts of a resource are added and compared: quantities exactly, numbers quickly. */
export interface Arithmetic<T> {
  readonly plus: (one: T, other: T) => T;
  readonly isMore: (one: T, other: T) => boolean;
}

/**
 * What a Pod's containers need by resource: those that run together added up, or what an init
 * container needs beside the sidecars started before it, if that is more.
 * @param read what one container asks for; the maps stay the caller's
 */
export function sumOfContainers<T>(
  spec: PodSpec,
  read: (container: Pick<Container, 'resources'>) => ReadonlyMap<string, T>,
  { plus, isMore }: Arithmetic<T>,
): Map<string, T> {
  const add = (total: Map<string, T>, more: ReadonlyMap<string, T>): void => {
    for (const [name, amount] of more) {
      const present = total.get(name);
      total.set(name, present === undefined ? amount : plus(present, amount));
    }
  };
  const raise = (total: Map<string, T>, other: ReadonlyMap<string, T>): void => {
    for (const [name, amount] of other) {
      const present = total.get(name);
      if (present === undefined || isMore(amount, present)) total.set(name, amount);
    }
  };
  const total = new Map<string, T>();
  for (const container of spec.containers ?? []) add(total, read(container));
  const sidecars = new Map<string, T>();
  const atStart = new Map<string, T>();
  for (const container of spec.initContainers ?? []) {
    const own = read(container);
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raise(atStart, sidecars);
    } else {
      const together = new Map(sidecars);
      add(together, own);
      raise(atStart, together);
    }
  }
  raise(total, atStart);
  return total;
}

const quantities: Arithmetic<Quantity> = {
  plus: (one, other) => one.add(other),
  isMore: (one, other) => one.compare(other) > 0,
};

/** Requests or limits of all containers. */
export function containersTotal(spec: PodSpec, kind: 'requests' | 'limits'): Quantities {
  return sumOfContainers(spec, ({ resources }) => read(resources, kind), quantities);
}

function read(
  resources: ResourceRequirements | undefined,
  kind: 'requests' | 'limits',
): Quantities {
  const list = Object.entries(resources?.[kind] ?? {});
  return new Map(list.map(([name, text]) => [name, Quantity.parse(text)]));
}

function add(total: Map<string, Quantity>, more: Quantities): void {
  for (const [name, quantity] of more) total.set(name, total.get(name)?.add(quantity) ?? quantity);
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/**
 * How soon a Pod is evicted: `Guaranteed` if every container (or the Pod as a whole) has limits of
 * CPU and memory and requests as much, `BestEffort` if none asks for anything.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function podQosClass(spec: PodSpec): QosClass {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const hasPodLevel = [spec.resources?.requests, spec.resources?.limits].some(
    (list) => list !== undefined && ['cpu', 'memory'].some((name) => name in list),
  );
  const wanting = hasPodLevel ? [{ resources: spec.resources }] : containers;
  const total = { requests: new Map<string, Quantity>(), limits: new Map<string, Quantity>() };
  let isGuaranteed = true;
  for (const { resources } of wanting) {
    add(total.requests, positive(read(resources, 'requests')));
    const limits = positive(read(resources, 'limits'));
    add(total.limits, limits);
    if (!limits.has('cpu') || !limits.has('memory')) isGuaranteed = false;
  }
  if (total.requests.size === 0 && total.limits.size === 0) return 'BestEffort';
  const sameAsLimits = [...total.requests].every(
    ([name, request]) => total.limits.get(name)?.compare(request) === 0,
  );
  return isGuaranteed && sameAsLimits && total.requests.size === total.limits.size
    ? 'Guaranteed'
    : 'Burstable';
}

function positive(list: Quantities): Quantities {
  return new Map(
    [...list].filter(
      ([name, quantity]) => (name === 'cpu' || name === 'memory') && quantity.sign() > 0,
    ),
  );
}
