/** `/networks` */
import { z } from 'zod';
import { endpointSchema } from '../containers/create-body.ts';
import { goTime } from '../../base/go-format.ts';
import { createNetworkSchema } from '../networks/create-network.ts';
import { isUserDefined } from '../networks/container-endpoints.ts';
import type { DockerNetwork } from '../networks/networks.ts';
import { ApiError } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import { pruneLimit } from './container-routes.ts';
import type { EngineServices } from './engine-services.ts';
import type { Filters } from './filters.ts';
import { empty, json } from './reply.ts';
import type { Routes } from './router.ts';

const connectSchema = z.looseObject({
  Container: z.string(),
  EndpointConfig: endpointSchema.nullish(),
});
const disconnectSchema = z.looseObject({ Container: z.string(), Force: z.boolean().nullish() });

export function networkRoutes({ context }: EngineServices): Routes {
  const { networks, records, clock, events, runtime } = context;

  const body = (one: DockerNetwork, withContainers: boolean): object => {
    const { name, id, driver, network, kept } = one;
    const config =
      kept.ipam.config.length > 0 || network === undefined
        ? kept.ipam.config
        : [{ Subnet: network.subnet, Gateway: network.gateway }];
    return {
      Name: name,
      Id: id,
      Created: goTime(network?.createdAt ?? runtime.networks.list()[0]?.createdAt),
      Scope: 'local',
      Driver: driver,
      EnableIPv6: false,
      IPAM: { Driver: kept.ipam.driver, Options: kept.ipam.options, Config: config },
      Internal: network?.internal ?? false,
      Attachable: kept.attachable,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: withContainers ? containersOf(one) : {},
      Options: kept.options,
      Labels: kept.labels,
    };
  };

  const containersOf = (one: DockerNetwork): Record<string, object> =>
    Object.fromEntries(
      networks.members(one).map(([record, { sandbox }]) => {
        const endpoint = sandbox?.endpoints.find(({ networkId }) => networkId === one.id);
        return [
          record.id,
          {
            Name: record.name,
            EndpointID: record.networks[one.name]?.EndpointID ?? '',
            MacAddress: endpoint?.mac ?? '',
            IPv4Address:
              endpoint === undefined ? '' : `${endpoint.address}/${endpoint.prefixLength}`,
            IPv6Address: '',
          },
        ];
      }),
    );

  return {
    'GET /networks': (request) => {
      const filters = request
        .filters()
        .allow('dangling', 'driver', 'id', 'label', 'name', 'scope', 'type');
      return json(
        networks
          .list()
          .filter((one) => isListed(one, filters))
          .map((one) => body(one, false)),
      );
    },
    'POST /networks/create': async (request) => {
      const { id } = await networks.create(await request.json(createNetworkSchema));
      return json({ Id: id, Warning: '' }, 201);
    },
    'POST /networks/prune': async (request) => {
      const filters = request.filters().allow('until', 'label', 'label!');
      const removed = await networks.prune(filters, pruneLimit(filters.get('until')[0], clock));
      events.add('network', 'prune', '', { reclaimed: '0' });
      return json({ NetworksDeleted: removed.length === 0 ? null : removed });
    },
    'POST /networks/{name}/connect': async (request) => {
      const { Container: container, EndpointConfig: endpoint } = await request.json(connectSchema);
      await networks.connect(records.get(container), request.parameter('name'), endpoint);
      return empty(200);
    },
    'POST /networks/{name}/disconnect': async (request) => {
      const { Container: container } = await request.json(disconnectSchema);
      await networks.disconnect(records.get(container), request.parameter('name'));
      return empty(200);
    },
    'GET /networks/{name}': (request: ApiRequest) =>
      json(body(networks.get(request.parameter('name')), true)),
    'DELETE /networks/{name}': async (request) => {
      await networks.remove(request.parameter('name'));
      return empty(204);
    },
  };

  function isListed(one: DockerNetwork, filters: Filters): boolean {
    const dangling = filters.flag('dangling');
    const isBuiltin = !isUserDefined(one.name);
    const matches = (key: string, value: string): boolean =>
      filters.any(key, (pattern) => value === pattern || regularExpression(pattern).test(value));
    for (const type of filters.get('type')) {
      if (type !== 'builtin' && type !== 'custom')
        throw new ApiError(500, `invalid filter: 'type'='${type}'`);
    }
    return (
      filters.any('driver', (driver) => driver === one.driver) &&
      matches('id', one.id) &&
      matches('name', one.name) &&
      filters.any('scope', (scope) => scope === 'local') &&
      filters.any('type', (type) => (type === 'builtin') === isBuiltin) &&
      filters.matchLabels(one.kept.labels) &&
      (dangling === undefined || dangling === (!isBuiltin && networks.members(one).length === 0))
    );
  }
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    // Matches nothing, as in dockerd.
    return /(?!)/;
  }
}
