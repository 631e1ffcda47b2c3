/** What the simulated cloud has, as its API shows it and as it is kept. */

export interface MachineAddress {
  readonly type: 'InternalIP' | 'ExternalIP' | 'InternalDNS' | 'ExternalDNS' | 'Hostname';
  readonly address: string;
}

/** What somebody asks a machine to be. */
export interface MachineWish {
  /** of its own among machines */
  readonly name: string;
  readonly type: string;
  readonly addresses: readonly MachineAddress[];
  /** some zone when absent */
  readonly zone?: string;
}

export interface Machine extends Required<MachineWish> {
  /** `i-` and 17 hexadecimal digits */
  readonly id: string;
  readonly region: string;
  readonly power: 'on' | 'off';
  /** RFC 3339 */
  readonly createdAt: string;
}

/** Packets for these addresses go to this machine. */
export interface Route {
  readonly id: string;
  readonly machine: string;
  readonly destinationCidr: string;
}

export interface LoadBalancerPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** on each machine */
  readonly nodePort: number;
}

/** What somebody asks a load balancer to be. */
export interface LoadBalancerWish {
  readonly ports: readonly LoadBalancerPort[];
  /** names of machines */
  readonly machines: readonly string[];
  /** prefixes that may come in; all when empty */
  readonly sourceRanges: readonly string[];
  /** port of each machine that says over HTTP whether it has endpoints; none is asked when absent */
  readonly healthCheckNodePort?: number;
  /** the address it is to have; some free one when absent */
  readonly address?: string;
}

export interface LoadBalancer extends LoadBalancerWish {
  readonly name: string;
  readonly address: string;
  readonly region: string;
  /** RFC 3339 */
  readonly createdAt: string;
}

export interface Quotas {
  readonly machines: number;
  readonly routes: number;
  readonly loadBalancers: number;
}

/** Makes requests fail. */
export interface Fault {
  /** such as `loadBalancers.put`; `machines.*` for all of one kind, `*` for all there are */
  readonly operation: string;
  /** HTTP status, 400 to 599 */
  readonly status: number;
  readonly message: string;
  /** how many requests fail; all when absent */
  readonly times?: number;
}

/** How well the cloud works: anybody may change it at any time. */
export interface Settings {
  /** milliseconds that each request takes */
  readonly latency: number;
  readonly quotas: Quotas;
  readonly faults: readonly Fault[];
}

export interface CloudState {
  readonly machines: readonly Machine[];
  readonly routes: readonly Route[];
  readonly loadBalancers: readonly LoadBalancer[];
  readonly settings: Settings;
}

export const REGION = 'harbor-1';
export const ZONES = ['harbor-1a', 'harbor-1b', 'harbor-1c'] as const;

/** Large enough for hollow nodes; load balancers get what is in the address pool. */
export const emptyState: CloudState = {
  machines: [],
  routes: [],
  loadBalancers: [],
  settings: {
    latency: 0,
    quotas: { machines: 10_000, routes: 20_000, loadBalancers: 50 },
    faults: [],
  },
};

/** Why the cloud refuses. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly code: 'NotFound' | 'Invalid' | 'Conflict' | 'QuotaExceeded' | 'Fault';
  /** HTTP status */
  readonly status: number;

  constructor(code: CloudError['code'], message: string, status?: number) {
    super(message);
    this.code = code;
    this.status =
      status ??
      { NotFound: 404, Invalid: 400, Conflict: 409, QuotaExceeded: 429, Fault: 500 }[code];
  }
}
