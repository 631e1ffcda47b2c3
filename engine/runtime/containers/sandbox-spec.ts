/** Sandboxes as the agent is told of them. */
import type { SandboxDns, SandboxEndpoint, SandboxSpec } from '../../api/agent.ts';
import type { Endpoint, Network, Sandbox } from '../types.ts';

export function sandboxSpec(
  sandbox: Sandbox,
  networks: readonly Network[],
  dns: SandboxDns | undefined,
): SandboxSpec {
  const { id, config, endpoints } = sandbox;
  if (config.network.kind === 'host') return { id, mode: 'host' };
  if (config.network.kind === 'none') return { id, mode: 'none' };
  return {
    id,
    mode: 'bridge',
    endpoints: endpoints.map((endpoint) => wireEndpoint(endpoint, networkOf(endpoint, networks))),
    defaultRoute: gatewayEndpoint(endpoints, networks)?.device ?? '',
    ...(dns === undefined ? {} : { dns }),
  };
}

export function wireEndpoint(endpoint: Endpoint, network: Network): SandboxEndpoint {
  const { network: name, device, address, prefixLength, gateway, mac, names } = endpoint;
  return {
    network: name,
    bridge: network.bridge,
    address: `${address}/${prefixLength}`,
    gateway,
    mac,
    device,
    names,
    ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
  };
}

/** The endpoint whose gateway leads everywhere else: of a network that leads somewhere, then the first by name, as in Docker. */
export function gatewayEndpoint(
  endpoints: readonly Endpoint[],
  networks: readonly Network[],
): Endpoint | undefined {
  const rank = (endpoint: Endpoint): string =>
    `${networkOf(endpoint, networks).internal === true ? 1 : 0} ${endpoint.network}`;
  return endpoints.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))[0];
}

function networkOf({ networkId }: Endpoint, networks: readonly Network[]): Network {
  const network = networks.find(({ id }) => id === networkId);
  if (network === undefined) throw new TypeError(`The network ${networkId} is not known.`);
  return network;
}
