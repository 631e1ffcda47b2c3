import { jsonEqual } from '../../objects/json-value.ts';
import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
} from '../../objects/generated/discovery-v1.generated.ts';

/** Says which endpoint it is, whatever state it is in. */
function identityOf({ addresses, hostname = '', targetRef }: Endpoint): string {
  const { namespace = '', name = '' } = targetRef ?? {};
  // None of these can hold a space.
  return `${addresses.toSorted().join(',')} ${hostname} ${namespace} ${name}`;
}

/** Whether two versions of one endpoint say the same; hints do not count. */
export function isSameState(a: Endpoint, b: Endpoint): boolean {
  const { resourceVersion: _a, ...target } = a.targetRef ?? {};
  const { resourceVersion: _b, ...otherTarget } = b.targetRef ?? {};
  return (
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    jsonEqual(target, otherTarget)
  );
}

/** Ports in an order that depends on nothing but them, with all that is defaulted. */
export function sortedPorts(ports: readonly EndpointPort[]): EndpointPort[] {
  return ports
    .map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      ...(port === undefined ? {} : { port }),
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }))
    .map((port) => ({ port, text: JSON.stringify(port) }))
    .toSorted((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ port }) => port);
}

/** Endpoints with the same ports share slices. Upstream hashes what this writes out, so its order differs. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  return JSON.stringify(sortedPorts(ports ?? []));
}

/** Endpoints that are still to be placed, by identity. */
export class EndpointSet {
  readonly #endpoints = new Map<string, Endpoint>();

  get size(): number {
    return this.#endpoints.size;
  }

  add(endpoint: Endpoint): void {
    this.#endpoints.set(identityOf(endpoint), endpoint);
  }

  get(endpoint: Endpoint): Endpoint | undefined {
    return this.#endpoints.get(identityOf(endpoint));
  }

  /** Removes it, and returns it as it is wanted; undefined when it is not. */
  claim(endpoint: Endpoint): Endpoint | undefined {
    const key = identityOf(endpoint);
    const wanted = this.#endpoints.get(key);
    this.#endpoints.delete(key);
    return wanted;
  }

  /** Removes so many, or all there are. */
  take(most: number): Endpoint[] {
    const taken = [...this.#endpoints].slice(0, Math.max(0, most));
    for (const [key] of taken) this.#endpoints.delete(key);
    return taken.map(([, endpoint]) => endpoint);
  }
}

/** The endpoints of a slice. The API server answers with null where there are none. */
export function endpointsOf({ endpoints }: EndpointSlice): readonly Endpoint[] {
  return endpoints ?? [];
}
