/** `/networks`: the three that every engine has. Networks of the user's own are refused with a reason. */
import type { Container, Network } from '../../runtime/types.ts';
import { specialNetworkId } from '../containers/describe.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { goTime } from '../go-format.ts';
import { ApiError, notFound } from './api-error.ts';
import type { EngineServices } from './engine-services.ts';
import { json } from './reply.ts';
import type { Routes } from './router.ts';

interface Listed {
  readonly name: string;
  readonly id: string;
  readonly driver: 'bridge' | 'host' | 'null';
  readonly network: Network | undefined;
}

export function networkRoutes({ context }: EngineServices): Routes {
  const { runtime, records } = context;
  const list = (): readonly Listed[] => [
    ...runtime.networks.map((network) => ({
      name: network.name,
      id: network.id,
      driver: 'bridge' as const,
      network,
    })),
    { name: 'host', id: specialNetworkId('host'), driver: 'host', network: undefined },
    { name: 'none', id: specialNetworkId('none'), driver: 'null', network: undefined },
  ];
  const get = (reference: string): Listed => {
    const found =
      list().find(({ name, id }) => name === reference || id === reference) ??
      list().find(({ id }) => id.startsWith(reference));
    if (found === undefined) throw notFound(`network ${reference} not found`);
    return found;
  };
  const members = ({ name }: Listed): readonly (readonly [ContainerRecord, Container])[] =>
    records
      .list()
      .filter(
        ({ hostConfig }) =>
          (hostConfig.NetworkMode === 'default' ? 'bridge' : hostConfig.NetworkMode) === name,
      )
      .map((record) => [record, runtime.container(record.id)] as const)
      .filter(([, container]) => container.sandbox !== undefined);

  const body = (one: Listed, withContainers: boolean): object => {
    const { name, id, driver, network } = one;
    const joined = withContainers ? members(one) : [];
    return {
      Name: name,
      Id: id,
      Created: goTime(network?.createdAt ?? runtime.networks[0]?.createdAt),
      Scope: 'local',
      Driver: driver,
      EnableIPv6: false,
      IPAM: {
        Driver: 'default',
        Options: null,
        Config: network === undefined ? [] : [{ Subnet: network.subnet, Gateway: network.gateway }],
      },
      Internal: false,
      Attachable: false,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: Object.fromEntries(
        joined.map(([record, { sandbox }]) => [
          record.id,
          {
            Name: record.name,
            EndpointID: record.endpointId,
            MacAddress: sandbox?.network?.mac ?? '',
            IPv4Address:
              sandbox?.network === undefined
                ? ''
                : `${sandbox.network.address}/${sandbox.network.prefixLength}`,
            IPv6Address: '',
          },
        ]),
      ),
      Options:
        network === undefined
          ? {}
          : {
              'com.docker.network.bridge.default_bridge': String(name === 'bridge'),
              'com.docker.network.bridge.enable_icc': 'true',
              'com.docker.network.bridge.enable_ip_masquerade': 'true',
              'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
              'com.docker.network.bridge.name': network.bridge,
              'com.docker.network.driver.mtu': '1500',
            },
      Labels: {},
    };
  };
  const unsupported = (): never => {
    throw new ApiError(
      501,
      'networks of your own are not supported by this engine yet: bridge, host and none are there',
    );
  };

  return {
    'GET /networks': (request) => {
      const filters = request
        .filters()
        .allow('dangling', 'driver', 'id', 'label', 'name', 'scope', 'type');
      const dangling = filters.flag('dangling');
      const chosen = list().filter(
        (one) =>
          filters.any('driver', (driver) => driver === one.driver) &&
          filters.any('id', (id) => one.id.startsWith(id)) &&
          filters.any('name', (name) => one.name.includes(name)) &&
          filters.any('scope', (scope) => scope === 'local') &&
          filters.any('type', (type) => type === 'builtin') &&
          filters.matchLabels({}) &&
          dangling !== true,
      );
      return json(chosen.map((one) => body(one, false)));
    },
    'POST /networks/create': unsupported,
    'POST /networks/prune': () => json({ NetworksDeleted: null }),
    'POST /networks/{name}/connect': unsupported,
    'POST /networks/{name}/disconnect': unsupported,
    'GET /networks/{name}': (request) => json(body(get(request.parameter('name')), true)),
    'DELETE /networks/{name}': (request) => {
      const { name } = get(request.parameter('name'));
      throw new ApiError(403, `${name} is a pre-defined network and cannot be removed`);
    },
  };
}
