/** A container's places on networks, as its record keeps them and `docker inspect` shows them. */
import type { EndpointConfig, Network, NetworkMode } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { ContainerContext } from '../containers/context.ts';
import type { Labels } from '../containers/container-config.ts';
import type { HostConfig } from '../containers/host-config.ts';
import { randomId, type ContainerRecord } from '../containers/container-record.ts';
import type { GivenEndpoint } from '../containers/create-body.ts';

/** What is asked for and kept of one network; addresses are the runtime's, while the container runs. */
export interface EndpointSettings {
  readonly IPAMConfig: { readonly IPv4Address?: string } | null;
  readonly Links: readonly string[] | null;
  readonly Aliases: readonly string[] | null;
  readonly DriverOpts: Labels | null;
  readonly MacAddress: string;
  /** 64 hexadecimal digits; empty before the first start */
  readonly NetworkID: string;
  /** of the current or last run, 64 hexadecimal digits; empty before the first */
  readonly EndpointID: string;
}

export function endpointSettings(given: GivenEndpoint | null | undefined): EndpointSettings {
  const address = given?.IPAMConfig?.IPv4Address;
  return {
    IPAMConfig: given?.IPAMConfig ? (address ? { IPv4Address: address } : {}) : null,
    Links: given?.Links ?? null,
    Aliases: given?.Aliases ?? null,
    DriverOpts: given?.DriverOpts ?? null,
    MacAddress: given?.MacAddress ?? '',
    NetworkID: '',
    EndpointID: '',
  };
}

/** `default` is the network `bridge`; other modes name themselves. */
export function networkNameOf({ NetworkMode: mode }: HostConfig): string {
  return mode === 'default' ? 'bridge' : mode;
}

export function isUserDefined(name: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(name) && !name.startsWith('container:');
}

/** The settings of a new container, by network. */
export function initialEndpoints(
  host: HostConfig,
  given: Readonly<Record<string, GivenEndpoint | null | undefined>>,
  mac: string,
): Record<string, EndpointSettings> {
  const name = networkNameOf(host);
  if (name.startsWith('container:')) return {};
  const entries = Object.entries(given).map(
    ([key, endpoint]) => [key === 'default' ? 'bridge' : key, endpointSettings(endpoint)] as const,
  );
  const settings: Record<string, EndpointSettings> = Object.fromEntries(
    entries.length === 0 ? [[name, endpointSettings(undefined)]] : entries,
  );
  const main = settings[name];
  // dockerd takes the container's own MAC address for the network it starts on.
  if (main !== undefined && main.MacAddress === '' && mac !== '')
    settings[name] = { ...main, MacAddress: mac };
  return settings;
}

/** Aliases as dockerd completes them on networks that tell names: the short id and the host name. */
function completeAliases(
  id: string,
  name: string,
  hostname: string,
  aliases: readonly string[] | null,
): readonly string[] {
  const own = [...(aliases ?? [])];
  const short = id.slice(0, 12);
  if (!own.includes(short)) own.push(short);
  if (name !== hostname && !own.includes(hostname)) own.push(hostname);
  return own;
}

/** What the runtime is to do for one network. Throws 400 in dockerd's words. */
export function wantedEndpoint(
  context: ContainerContext,
  record: Pick<ContainerRecord, 'id' | 'name' | 'config' | 'hostConfig'>,
  key: string,
  settings: EndpointSettings,
): { readonly endpoint: EndpointConfig; readonly settings: EndpointSettings } {
  const { networks } = context.runtime;
  const network = networks.find(settings.NetworkID || key);
  const userDefined = isUserDefined(network?.name ?? key);
  checkEndpoint(context, network, settings, userDefined);
  const completed = userDefined
    ? {
        ...settings,
        Aliases: completeAliases(record.id, record.name, record.config.Hostname, settings.Aliases),
      }
    : settings;
  const address = settings.IPAMConfig?.IPv4Address;
  const links = userDefined ? linksOf(completed) : {};
  return {
    settings: completed,
    endpoint: {
      network: settings.NetworkID || key,
      names: [record.name, ...(completed.Aliases ?? [])],
      ...(address === undefined ? {} : { address }),
      ...(settings.MacAddress === '' ? {} : { mac: settings.MacAddress }),
      ...(Object.keys(links).length === 0 ? {} : { links }),
    },
  };
}

function linksOf({ Links: links }: EndpointSettings): Record<string, string> {
  return Object.fromEntries(
    (links ?? []).map((link) => {
      const [target = '', alias = target] = link.split(':');
      return [alias, target];
    }),
  );
}

function checkEndpoint(
  context: ContainerContext,
  network: Network | undefined,
  { IPAMConfig: ipam, Aliases: aliases }: EndpointSettings,
  userDefined: boolean,
): void {
  const hasAddress = ipam?.IPv4Address !== undefined;
  if (network !== undefined && !userDefined) {
    if (hasAddress)
      throw badRequest('user specified IP address is supported on user defined networks only');
    if ((aliases?.length ?? 0) > 0)
      throw badRequest(
        'network-scoped alias is supported only for containers in user defined networks',
      );
  }
  if (network !== undefined && hasAddress && !context.networks.hasOwnSubnet(network))
    throw badRequest(
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    );
}

/** The runtime's mode for a container with these networks. */
export function networkMode(
  context: ContainerContext,
  record: Pick<ContainerRecord, 'id' | 'name' | 'config' | 'hostConfig'>,
  endpoints: Readonly<Record<string, EndpointSettings>>,
): NetworkMode {
  const name = networkNameOf(record.hostConfig);
  if (name === 'host' || name === 'none') return { kind: name };
  return {
    kind: 'bridge',
    endpoints: Object.entries(endpoints)
      // The default network has the first device.
      .toSorted(([one], [other]) => Number(other === 'bridge') - Number(one === 'bridge'))
      .map(([key, settings]) => wantedEndpoint(context, record, key, settings).endpoint),
  };
}

/** Settings after a start: with ids, and with the aliases that dockerd adds. */
export function startedEndpoints(
  context: ContainerContext,
  record: ContainerRecord,
): Record<string, EndpointSettings> {
  return Object.fromEntries(
    Object.entries(record.networks).map(([key, settings]) => {
      const { settings: completed } = wantedEndpoint(context, record, key, settings);
      return [
        key,
        {
          ...completed,
          NetworkID: context.networks.find(settings.NetworkID || key)?.id ?? '',
          EndpointID: randomId(context.random),
        },
      ];
    }),
  );
}
