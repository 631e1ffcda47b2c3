/** `POST /networks/create`: from what the client sends to what the runtime makes. */
import { z } from 'zod';
import { isAddress } from '../../runtime/network/subnet.ts';
import type { NetworkOptions } from '../../runtime/types.ts';
import { ApiError, badRequest, notFound } from '../api/api-error.ts';
import { parseBool } from '../../base/go-format.ts';
import type { KeptNetwork } from './networks.ts';

const strings = z.record(z.string(), z.string()).nullish();

export const createNetworkSchema = z.looseObject({
  Name: z.string(),
  CheckDuplicate: z.boolean().nullish(),
  Driver: z.string().nullish(),
  Scope: z.string().nullish(),
  EnableIPv6: z.boolean().nullish(),
  IPAM: z
    .looseObject({
      Driver: z.string().nullish(),
      Options: strings,
      Config: z
        .array(
          z.looseObject({
            Subnet: z.string().nullish(),
            IPRange: z.string().nullish(),
            Gateway: z.string().nullish(),
            AuxiliaryAddresses: strings,
          }),
        )
        .nullish(),
    })
    .nullish(),
  Internal: z.boolean().nullish(),
  Attachable: z.boolean().nullish(),
  Ingress: z.boolean().nullish(),
  ConfigOnly: z.boolean().nullish(),
  ConfigFrom: z.looseObject({ Network: z.string().nullish() }).nullish(),
  Options: strings,
  Labels: strings,
});

export type CreateNetwork = z.infer<typeof createNetworkSchema>;

/** Throws 400, 403 or 404 in dockerd's words. */
export function networkOptions(body: CreateNetwork): {
  readonly options: NetworkOptions;
  readonly kept: KeptNetwork;
} {
  const name = body.Name;
  if (name.trim() === '') throw badRequest(`invalid name: ${name}`);
  checkDriver(body);
  const given = body.IPAM?.Config ?? [];
  if (body.EnableIPv6 === true || given.some(({ Subnet }) => Subnet?.includes(':') === true))
    throw new ApiError(
      501,
      "IPv6 networks are not possible here: this machine's kernel was built without IPv6",
    );
  if (given.length > 1) throw new ApiError(403, "bridge driver doesn't support multiple subnets");
  const [ipam] = given;
  if (ipam !== undefined) checkSubnet(ipam.Subnet ?? '');
  const driver = body.Options ?? {};
  return {
    options: {
      name,
      ...(ipam?.Subnet ? { subnet: ipam.Subnet } : {}),
      ...(ipam?.Gateway ? { gateway: ipam.Gateway } : {}),
      ...(ipam?.IPRange ? { ipRange: ipam.IPRange } : {}),
      ...(ipam?.AuxiliaryAddresses ? { auxiliary: ipam.AuxiliaryAddresses } : {}),
      ...(body.Internal === true ? { internal: true } : {}),
      ...driverOptions(driver),
    },
    kept: {
      labels: body.Labels ?? {},
      options: driver,
      attachable: body.Attachable ?? false,
      ipam: {
        driver: body.IPAM?.Driver || 'default',
        options: body.IPAM?.Options ?? null,
        config: given.map(({ Subnet, IPRange, Gateway, AuxiliaryAddresses }) => ({
          ...(Subnet ? { Subnet } : {}),
          ...(IPRange ? { IPRange } : {}),
          ...(Gateway ? { Gateway } : {}),
          ...(AuxiliaryAddresses ? { AuxiliaryAddresses } : {}),
        })),
      },
    },
  };
}

function checkDriver({
  Driver,
  IPAM,
  Ingress,
  ConfigOnly,
  ConfigFrom,
  Scope,
}: CreateNetwork): void {
  const driver = Driver || 'bridge';
  if (driver === 'overlay' || Ingress === true || Scope === 'swarm')
    throw new ApiError(
      503,
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  if (driver === 'host' || driver === 'null')
    throw new ApiError(403, `only one instance of "${driver}" network is allowed`);
  if (driver === 'macvlan' || driver === 'ipvlan')
    throw new ApiError(
      501,
      `networks of driver ${driver} are not possible here: this machine's kernel was built without it`,
    );
  if (driver !== 'bridge') throw notFound(`plugin ${JSON.stringify(driver)} not found`);
  const ipam = IPAM?.Driver || 'default';
  if (ipam !== 'default') throw notFound(`plugin ${JSON.stringify(ipam)} not found`);
  if (ConfigOnly === true || ConfigFrom?.Network)
    throw new ApiError(501, 'configuration-only networks are for swarms, and there is none here');
}

function checkSubnet(text: string): void {
  const [address = '', prefix = ''] = text.split('/');
  if (!isAddress(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32)
    throw new ApiError(500, `Invalid subnet ${text} : invalid CIDR address: ${text}`);
}

/** Options of the bridge driver by their labels (docs.docker.com, "Bridge network driver", "Options"). */
function driverOptions(options: Readonly<Record<string, string>>): Partial<NetworkOptions> {
  const flag = (label: string): boolean | undefined => {
    const value = options[label];
    if (value === undefined) return undefined;
    const parsed = parseBool(value);
    if (parsed !== undefined) return parsed;
    throw badRequest(
      `failed to parse ${label} value: ${value} (strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax)`,
    );
  };
  const mtu = options['com.docker.network.driver.mtu'];
  if (mtu !== undefined && !/^\d+$/.test(mtu))
    throw badRequest(
      `failed to parse com.docker.network.driver.mtu value: ${mtu} (strconv.Atoi: parsing ${JSON.stringify(mtu)}: invalid syntax)`,
    );
  const binding = options['com.docker.network.bridge.host_binding_ipv4'];
  if (binding !== undefined && !isAddress(binding))
    throw badRequest(
      `failed to parse com.docker.network.bridge.host_binding_ipv4 value: ${binding} (nil ip)`,
    );
  const bridge = options['com.docker.network.bridge.name'];
  return {
    ...(flag('com.docker.network.bridge.enable_icc') === false ? { secluded: true } : {}),
    ...(flag('com.docker.network.bridge.enable_ip_masquerade') === false ? { unmasked: true } : {}),
    ...(mtu === undefined || mtu === '0' ? {} : { mtu: Number(mtu) }),
    ...(binding === undefined ? {} : { hostAddress: binding }),
    ...(bridge === undefined ? {} : { bridge }),
  };
}
