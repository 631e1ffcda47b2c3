/** Sandboxes as the agent is told of them. */
import type { PodSandboxSpec, SandboxDns, SandboxEndpoint, SandboxSpec } from '../../api/agent.ts';
import { podResolvConf } from '../oci/network-files.ts';
import type { Endpoint, Network, PodMode, Sandbox, SandboxConfig } from '../types.ts';
import { podPaths } from './container-paths.ts';

export function sandboxSpec(
  sandbox: Sandbox,
  networks: readonly Network[],
  dns: SandboxDns | undefined,
  machine: { readonly hostname: string; readonly resolvConf: string },
): SandboxSpec {
  const { id, config, endpoints } = sandbox;
  if (config.network.kind === 'pod') return podSpec(config, config.network, machine);
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

function podSpec(
  { id, dns }: SandboxConfig,
  pod: PodMode,
  machine: { readonly hostname: string; readonly resolvConf: string },
): PodSandboxSpec {
  const { network, cni, ipc, sysctls } = pod;
  const paths = podPaths(id);
  const hostname = pod.hostname || machine.hostname;
  const files = [
    [paths.hostname, `${hostname}\n`],
    // For containers whose own is not mounted over it.
    [paths.hosts, `127.0.0.1\tlocalhost\n${pod.hostname ? '' : `127.0.1.1\t${hostname}\n`}`],
    [paths.resolvConf, podResolvConf(dns, machine.resolvConf)],
  ] as const;
  return {
    id,
    mode: 'pod',
    hostname: pod.hostname,
    network,
    ipc,
    sysctls,
    ...(cni === undefined ? {} : { cni }),
    files: files.map(([path, content]) => ({ path, mode: 0o644, content })),
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
