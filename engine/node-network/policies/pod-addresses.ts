import type { Namespace, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { LabelSelector } from '../../objects/generated/meta-v1.generated.ts';
import { parseIp, printIp } from '../../objects/ip.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';

/** A Pod that has an address of its own. */
export interface AddressedPod {
  readonly pod: Pod;
  readonly address: string;
}

/**
 * Pods that policies can be about. Those in their node's network have no address of their own; those that have
 * ended have none any more, and one that ends may see its address given to another.
 */
export function addressedPods(pods: readonly Pod[]): AddressedPod[] {
  const found = new Map<string, AddressedPod>();
  for (const pod of pods) {
    const address = addressOf(pod);
    if (address === undefined) continue;
    if (!found.has(address) || pod.metadata.deletionTimestamp === undefined)
      found.set(address, { pod, address });
  }
  return [...found.values()];
}

function addressOf({ spec, status = {} }: Pod): string | undefined {
  if (spec.hostNetwork === true || status.phase === 'Succeeded' || status.phase === 'Failed')
    return undefined;
  for (const text of [...(status.podIPs ?? []).map(({ ip }) => ip), status.podIP ?? '']) {
    const address = parseIp(text);
    if (address?.bytes.length === 4) return printIp(address);
  }
  return undefined;
}

/** Finds Pods as the selectors of policies describe them. */
export class PodSelection {
  readonly #pods: readonly AddressedPod[];
  readonly #namespaces: ReadonlyMap<string, Namespace>;

  constructor(pods: readonly AddressedPod[], namespaces: readonly Namespace[]) {
    this.#pods = pods;
    this.#namespaces = new Map(namespaces.map((each) => [each.metadata.name ?? '', each]));
  }

  /** All Pods that a policy could select. */
  get all(): readonly AddressedPod[] {
    return this.#pods;
  }

  in(namespace: string, podSelector: LabelSelector): AddressedPod[] {
    return this.#matching(podSelector, (name) => name === namespace);
  }

  inNamespaces(namespaceSelector: LabelSelector, podSelector: LabelSelector = {}): AddressedPod[] {
    const selector = labelSelectorOf(namespaceSelector);
    return this.#matching(podSelector, (name) => {
      const namespace = this.#namespaces.get(name);
      return namespace !== undefined && matchesLabels(selector, namespace.metadata.labels);
    });
  }

  #matching(podSelector: LabelSelector, isIn: (namespace: string) => boolean): AddressedPod[] {
    const selector = labelSelectorOf(podSelector);
    return this.#pods.filter(
      ({ pod: { metadata } }) =>
        isIn(metadata.namespace ?? '') && matchesLabels(selector, metadata.labels),
    );
  }
}

/** Which of a Pod's ports has a name, with its protocol. */
export function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  for (const { ports = [] } of [...(spec.initContainers ?? []), ...spec.containers]) {
    const port = ports.find((each) => each.name === name && (each.protocol ?? 'TCP') === protocol);
    if (port !== undefined) return port.containerPort;
  }
  return undefined;
}
