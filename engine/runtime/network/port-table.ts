import { RuntimeError } from '../runtime-error.ts';
import type { PortBinding, PublishedHostPort } from '../types.ts';

/** The machine's `ip_local_port_range`, from which Docker takes host ports that nobody chose. */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;
const ANY_ADDRESS = '0.0.0.0';

/** Which ports of the machine are published. A port is taken on every address or on one. */
export class PortTable {
  readonly #taken = new Map<string, Set<string>>();
  #nextEphemeral = FIRST_EPHEMERAL;

  /** All or none. `defaultAddress` is where ports go that name none. Throws PORT_IN_USE with Docker's message. */
  allocate(bindings: readonly PortBinding[], defaultAddress = ANY_ADDRESS): PublishedHostPort[] {
    const done: PublishedHostPort[] = [];
    try {
      for (const binding of bindings)
        done.push(this.#allocateOne({ hostAddress: defaultAddress, ...binding }));
    } catch (error) {
      this.release(done);
      throw error;
    }
    return done;
  }

  release(ports: readonly PublishedHostPort[]): void {
    for (const { protocol, hostPort, hostAddress } of ports) {
      const key = `${protocol}/${hostPort}`;
      const addresses = this.#taken.get(key);
      addresses?.delete(hostAddress);
      if (addresses?.size === 0) this.#taken.delete(key);
    }
  }

  #allocateOne(binding: PortBinding & { readonly hostAddress: string }): PublishedHostPort {
    const { protocol, containerPort, hostAddress, hostPort: first } = binding;
    const last = binding.lastHostPort ?? first;
    if (first !== 0) {
      for (let hostPort = first; hostPort <= last; hostPort++) {
        if (this.#take(protocol, hostPort, hostAddress))
          return { protocol, containerPort, hostAddress, hostPort };
      }
      throw new RuntimeError(
        'PORT_IN_USE',
        first === last
          ? `Bind for ${hostAddress}:${first} failed: port is already allocated`
          : 'all ports are allocated',
      );
    }
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_EPHEMERAL; tries++) {
      const port = this.#nextEphemeral;
      this.#nextEphemeral = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (this.#take(protocol, port, hostAddress))
        return { protocol, containerPort, hostAddress, hostPort: port };
    }
    throw new RuntimeError('PORT_IN_USE', 'all ports are allocated');
  }

  #take(protocol: string, port: number, address: string): boolean {
    const key = `${protocol}/${port}`;
    const addresses = this.#taken.get(key) ?? new Set<string>();
    const clash =
      address === ANY_ADDRESS
        ? addresses.size > 0
        : addresses.has(address) || addresses.has(ANY_ADDRESS);
    if (clash) return false;
    this.#taken.set(key, addresses.add(address));
    return true;
  }
}
