import type { EndpointSlice, Endpoint } from '../../objects/generated/discovery-v1.generated.ts';
import type { Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { Random } from '../../base/random.ts';
import { isEndpointIp, parseIp } from '../../objects/ip.ts';
import { badRequest, notFound, serviceUnavailable } from '../../objects/status/status-error.ts';
import type { Peer } from '../outbound/outbound.ts';
import type { Lister } from '../registry/lister.ts';
import type { Kubelets } from './kubelets.ts';

interface Asked {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

/** `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`; undefined for anything else. */
function parseTarget(id: string): Asked | undefined {
  const parts = id.split(':');
  if (parts.length > 3) return undefined;
  const [scheme = '', name = '', port = ''] =
    parts.length === 3 ? parts : ['', parts[0] ?? '', parts[1] ?? ''];
  return name === '' || !['', 'http', 'https'].includes(scheme)
    ? undefined
    : { scheme, name, port };
}

/** Nobody asks what a server's certificate says when it is only known by its address. */
function peerAt(scheme: string, host: string, port: string): Peer {
  const tls = scheme === 'https';
  const number = port === '' ? (tls ? 443 : 80) : Number(port);
  return { host, port: number, serverName: host, insecure: true, ...(tls ? {} : { plain: true }) };
}

function checkAddress(ip: string): void {
  if (isEndpointIp(ip).length > 0) throw badRequest('address not allowed');
}

export interface ProxyListers {
  readonly pods: Lister<Pod>;
  readonly services: Lister<Service>;
  readonly endpointSlices: Lister<EndpointSlice>;
}

/** Where a request to `nodes/…/proxy`, `pods/…/proxy` or `services/…/proxy` goes. */
export class ProxyTargets {
  readonly #listers: ProxyListers;
  readonly #kubelets: Kubelets;
  readonly #random: Random;

  constructor(listers: ProxyListers, kubelets: Kubelets, random: Random) {
    this.#listers = listers;
    this.#kubelets = kubelets;
    this.#random = random;
  }

  /** Errors: `BadRequest`, `NotFound`, `ServiceUnavailable`. */
  peer(plural: string, namespace: string, id: string): Peer {
    const asked = parseTarget(id);
    if (asked === undefined)
      throw badRequest(`invalid ${plural.replace(/s$/, '')} request ${JSON.stringify(id)}`);
    switch (plural) {
      case 'nodes':
        return this.#node(asked);
      case 'pods':
        return this.#pod(namespace, asked);
      default:
        return this.#service(namespace, asked);
    }
  }

  #node({ scheme, name, port }: Asked): Peer {
    const kubelet = this.#kubelets.peer(name, 'nodes');
    if (parseIp(kubelet.host) !== undefined) checkAddress(kubelet.host);
    return port === '' || port === String(kubelet.port)
      ? kubelet
      : peerAt(scheme, kubelet.host, port);
  }

  #pod(namespace: string, { scheme, name, port }: Asked): Peer {
    const pod = this.#listers.pods.get(namespace, name);
    if (pod === undefined) throw notFound({ group: '', name: 'pods' }, name);
    const ip = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '';
    checkAddress(ip);
    const [first] = (pod.spec.containers ?? []).flatMap(({ ports = [] }) => ports);
    return peerAt(scheme, ip, port === '' ? String(first?.containerPort ?? '') : port);
  }

  #service(namespace: string, { scheme, name, port }: Asked): Peer {
    const portName = /^[+-]?\d+$/.test(port) ? this.#portName(namespace, name, Number(port)) : port;
    const slices = this.#listers.endpointSlices
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    for (const slice of this.#inRandomOrder(slices)) {
      const found = (slice.ports ?? []).find((one) => (one.name ?? '') === portName);
      if (found?.port === undefined) continue;
      const [endpoint] = this.#inRandomOrder(slice.endpoints ?? []).filter(
        (one) => one.conditions?.ready !== false && this.#isPod(namespace, one),
      );
      if (endpoint !== undefined)
        return peerAt(scheme, endpoint.addresses[0] ?? '', String(found.port));
    }
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  }

  #portName(namespace: string, name: string, port: number): string {
    const service = this.#listers.services.get(namespace, name);
    if (service === undefined) throw notFound({ group: '', name: 'services' }, name);
    const found = (service.spec?.ports ?? []).find((one) => one.port === port);
    if (found === undefined)
      throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`);
    return found.name ?? '';
  }

  /** An endpoint may say any address; only those of Pods it may lead to are gone to. */
  #isPod(namespace: string, { addresses, targetRef }: Endpoint): boolean {
    if (targetRef?.namespace !== namespace) return false;
    const pod = this.#listers.pods.get(namespace, targetRef.name ?? '');
    return (pod?.status?.podIPs ?? []).some(({ ip }) => ip === addresses[0]);
  }

  #inRandomOrder<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => ({ item, rank: this.#random.next() }))
      .toSorted((one, other) => one.rank - other.rank)
      .map(({ item }) => item);
  }
}
