import type {
  Container,
  Pod,
  ResourceRequirements,
} from '../../objects/generated/core-v1.generated.ts';
import { isSidecar } from '../../objects/pod-resources.ts';
import { canonicalQuantity } from '../../objects/quantity.ts';

/** Why a resize has to wait, or cannot be. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** What the node has given a Pod's containers, by name. */
type Allocation = ReadonlyMap<string, ResourceRequirements>;

/**
 * What the node has given its Pods: what a Pod asked for when it came, until a resize that fits
 * (k8s.io/kubernetes pkg/kubelet/allocation). Everything else of a kubelet goes by it.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
export class PodAllocations {
  readonly #allocated = new Map<string, Allocation>();

  /** The Pod with what it was given instead of what it wants. */
  allocated(pod: Pod): Pod {
    const allocation = this.#of(pod);
    if (!differs(pod, allocation)) return pod;
    const given = (container: Container): Container => {
      const resources = allocation.get(container.name);
      return resources === undefined ? container : { ...container, resources };
    };
    const { initContainers } = pod.spec;
    return {
      ...pod,
      spec: {
        ...pod.spec,
        containers: pod.spec.containers.map(given),
        ...(initContainers === undefined ? {} : { initContainers: initContainers.map(given) }),
      },
    };
  }

  /**
   * Gives the Pod what it wants now, if it wants something else and nobody refuses.
   * @returns `resized` also when it was given
   */
  decide(
    pod: Pod,
    refuses: (pod: Pod) => Refusal | undefined,
  ): { readonly pod: Pod; readonly resized: boolean; readonly refusal?: Refusal } {
    if (!differs(pod, this.#of(pod))) return { pod, resized: false };
    const refusal = refuses(pod);
    if (refusal !== undefined) return { pod: this.allocated(pod), resized: false, refusal };
    this.#allocated.set(pod.metadata.uid ?? '', wantedBy(pod));
    return { pod, resized: true };
  }

  forget(uid: string): void {
    this.#allocated.delete(uid);
  }

  #of(pod: Pod): Allocation {
    const { uid = '' } = pod.metadata;
    let allocation = this.#allocated.get(uid);
    if (allocation === undefined) {
      allocation = givenBefore(pod);
      this.#allocated.set(uid, allocation);
    }
    return allocation;
  }
}

function resizable({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
}

function wantedBy(pod: Pod): Allocation {
  return new Map(resizable(pod).map(({ name, resources = {} }) => [name, resources]));
}

/** A kubelet that was started anew finds in the status what the one before it gave. */
function givenBefore(pod: Pod): Allocation {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = [...containerStatuses, ...initContainerStatuses];
  return new Map(
    resizable(pod).map(({ name, resources = {} }) => {
      const known = statuses.find((status) => status.name === name);
      const { allocatedResources: requests } = known ?? {};
      if (requests === undefined) return [name, resources];
      const { limits } = known?.resources ?? {};
      return [name, { ...resources, requests, ...(limits === undefined ? {} : { limits }) }];
    }),
  );
}

function differs(pod: Pod, allocation: Allocation): boolean {
  return resizable(pod).some(
    ({ name, resources = {} }) => textOf(resources) !== textOf(allocation.get(name) ?? resources),
  );
}

function textOf({ requests = {}, limits = {} }: ResourceRequirements): string {
  return JSON.stringify(
    [requests, limits].map((list) =>
      Object.entries(list)
        .map(([name, amount]) => `${name}=${canonicalQuantity(amount)}`)
        .toSorted(),
    ),
  );
}
