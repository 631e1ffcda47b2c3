import type {
  Service,
  ServicePort,
  ServiceSpec,
} from '../../objects/generated/core-v1.generated.ts';
import { internalError, type StatusError } from '../../objects/status/status-error.ts';
import { serviceAddresses, type IpFamily } from '../../objects/strategy/service-addresses.ts';
import { FieldError, invalidObject } from '../../objects/validation/field-error.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { AllocationError, type AddressAllocator } from './address-allocator.ts';
import type { Allocation, Allocator } from './allocation.ts';
import type { PortAllocator } from './port-allocator.ts';

/** The cluster's; it has IPv4 alone. */
const FAMILIES: readonly IpFamily[] = ['IPv4'];

/** Addresses and ports a write took, and those it leaves behind once it is done. */
interface Moves {
  readonly takenIps: string[];
  readonly leftIps: string[];
  takenPorts: readonly number[];
  leftPorts: readonly number[];
}

function needsNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

function needsHealthPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

function nodePortsOf(spec: ServiceSpec | undefined): readonly number[] {
  if (spec === undefined) return [];
  const ports = (spec.ports ?? []).map(({ nodePort = 0 }) => nodePort);
  return [...new Set([...ports, spec.healthCheckNodePort ?? 0])].filter((port) => port !== 0);
}

function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs[0] === 'None';
}

function needsClusterIp({ type }: ServiceSpec): boolean {
  return type !== 'ExternalName';
}

function invalidService(service: Service, errors: readonly FieldError[]): StatusError {
  return invalidObject({ group: '', name: 'Service' }, service.metadata.name ?? '', errors);
}

/** Gives Services their cluster IPs and node ports (k8s.io/kubernetes `core/service/storage`). */
export class ServiceAllocator implements Allocator {
  readonly #addresses: AddressAllocator;
  readonly #ports: PortAllocator;
  readonly #onError: (error: unknown) => void;

  constructor(
    addresses: AddressAllocator,
    ports: PortAllocator,
    onError: (error: unknown) => void,
  ) {
    this.#addresses = addresses;
    this.#ports = ports;
    this.#onError = onError;
  }

  async allocate(
    object: ApiObject,
    old: ApiObject | undefined,
    dryRun: boolean,
  ): Promise<Allocation> {
    const before = old as unknown as Service | undefined;
    const given = object as unknown as Service;
    const oldSpec = before?.spec;
    const { service, errors } = serviceAddresses(given, before, FAMILIES);
    if (errors.length > 0) throw invalidService(service, errors);
    const moves: Moves = { takenIps: [], leftIps: [], takenPorts: [], leftPorts: [] };
    try {
      const addressed = await this.#withAddresses(service, oldSpec, moves, dryRun);
      const result = await this.#withPorts(addressed, oldSpec, moves, dryRun);
      return {
        object: result as unknown as ApiObject,
        settle: (written) =>
          dryRun
            ? Promise.resolve()
            : this.#giveBack(
                written ? moves.leftIps : moves.takenIps,
                written ? moves.leftPorts : moves.takenPorts,
              ),
      };
    } catch (error) {
      if (!dryRun) await this.#giveBack(moves.takenIps, moves.takenPorts);
      throw error;
    }
  }

  async release(object: ApiObject): Promise<void> {
    const { spec } = object as unknown as Service;
    const ips = isHeadless(spec) ? [] : (spec.clusterIPs ?? []);
    await this.#giveBack(ips, nodePortsOf(spec));
  }

  async #giveBack(ips: readonly string[], ports: readonly number[]): Promise<void> {
    try {
      for (const ip of ips) await this.#addresses.release(ip);
      await this.#ports.release(ports);
    } catch (error) {
      this.#onError(error);
    }
  }

  async #withAddresses(
    service: Service,
    old: ServiceSpec | undefined,
    moves: Moves,
    dryRun: boolean,
  ): Promise<Service> {
    const spec = service.spec;
    const had = old !== undefined && needsClusterIp(old);
    if (!needsClusterIp(spec)) {
      if (had && !isHeadless(old)) moves.leftIps.push(...(old.clusterIPs ?? []));
      return service;
    }
    // Once it has an address a Service keeps it; validation refuses another.
    if (had || isHeadless(spec)) return service;
    const [wanted = ''] = spec.clusterIPs ?? [];
    const owner = service as unknown as ApiObject;
    let ip = wanted;
    try {
      if (wanted === '') ip = await this.#addresses.takeAny(owner, dryRun);
      else await this.#addresses.take(wanted, owner, dryRun);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      if (error.code === 'FULL')
        throw internalError(
          new Error(
            `failed to allocate a serviceIP for Service ${JSON.stringify(service.metadata.name)}: ${error.message}`,
          ),
        );
      throw invalidService(service, [
        new FieldError(
          'FieldValueInvalid',
          'spec.clusterIPs',
          spec.clusterIPs ?? [],
          `failed to allocate IP ${wanted}: ${error.message}`,
        ),
      ]);
    }
    moves.takenIps.push(ip);
    return { ...service, spec: { ...spec, clusterIP: ip, clusterIPs: [ip] } };
  }

  async #withPorts(
    service: Service,
    old: ServiceSpec | undefined,
    moves: Moves,
    dryRun: boolean,
  ): Promise<Service> {
    const spec = service.spec;
    const had = new Set(nodePortsOf(old));
    const ports = spec.ports ?? [];
    const gives = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
    // Ports that differ in protocol alone share a node port.
    const shared = new Map<number, number>();
    const wanted: { readonly index: number; readonly nodePort: number }[] = [];
    if (needsNodePorts(spec))
      ports.forEach(({ port, nodePort = 0 }, index) => {
        const requested =
          nodePort !== 0
            ? nodePort
            : (ports.find((one) => one.port === port && (one.nodePort ?? 0) !== 0)?.nodePort ?? 0);
        if (requested === 0 && !gives) return;
        const first = shared.get(port);
        if (first !== undefined && (nodePort === 0 || nodePort === first)) return;
        if (first === undefined) shared.set(port, requested);
        if (!had.has(requested)) wanted.push({ index, nodePort: requested });
      });
    const health = needsHealthPort(spec);
    const healthPort = spec.healthCheckNodePort ?? 0;
    const wantsHealth = health && !had.has(healthPort);
    const asked = wanted.map(({ nodePort }) => nodePort);
    const taken = await this.#take(
      service,
      wantsHealth ? [...asked, healthPort] : asked,
      wanted,
      dryRun,
    );
    moves.takenPorts = taken;
    wanted.forEach(({ index }, position) => {
      const port = ports[index]?.port ?? 0;
      if ((shared.get(port) ?? 0) === 0) shared.set(port, taken[position] ?? 0);
    });
    const filled = ports.map((port): ServicePort => {
      const nodePort = (port.nodePort ?? 0) !== 0 ? port.nodePort : shared.get(port.port);
      return nodePort === undefined || nodePort === 0 ? port : { ...port, nodePort };
    });
    const result: ServiceSpec = {
      ...spec,
      ...(spec.ports === undefined ? {} : { ports: filled }),
      ...(wantsHealth ? { healthCheckNodePort: taken[asked.length] ?? 0 } : {}),
    };
    const kept = new Set(nodePortsOf(result));
    moves.leftPorts = [...had].filter((port) => !kept.has(port));
    return { ...service, spec: result };
  }

  async #take(
    service: Service,
    asked: readonly number[],
    wanted: readonly { readonly index: number; readonly nodePort: number }[],
    dryRun: boolean,
  ): Promise<readonly number[]> {
    try {
      return await this.#ports.take(asked, dryRun);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      const port = typeof error.cause === 'number' ? wanted[error.cause] : undefined;
      if (error.code === 'FULL' || port === undefined)
        throw internalError(new Error(`failed to allocate a nodePort: ${error.message}`));
      throw invalidService(service, [
        new FieldError(
          'FieldValueInvalid',
          `spec.ports[${port.index}].nodePort`,
          port.nodePort,
          error.message,
        ),
      ]);
    }
  }
}
