/** `docker network`: the networks there are, and who is on them. */
import { z } from 'zod';
import type { Container, Network } from '../../runtime/types.ts';
import { ApiError, badRequest, conflict, notFound } from '../api/api-error.ts';
import type { Filters } from '../api/filters.ts';
import { labelMatches } from '../api/filters.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { randomId } from '../containers/container-record.ts';
import type { ContainerContext } from '../containers/context.ts';
import type { GivenEndpoint } from '../containers/create-body.ts';
import {
  endpointSettings,
  isUserDefined,
  networkNameOf,
  wantedEndpoint,
} from './container-endpoints.ts';
import { networkOptions, type CreateNetwork } from './create-network.ts';

const LABEL = 'drydock.docker';

const keptSchema = z.object({
  labels: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.string()),
  attachable: z.boolean(),
  ipam: z.object({
    driver: z.string(),
    options: z.record(z.string(), z.string()).nullable(),
    config: z.array(
      z.object({
        Subnet: z.string().optional(),
        IPRange: z.string().optional(),
        Gateway: z.string().optional(),
        AuxiliaryAddresses: z.record(z.string(), z.string()).optional(),
      }),
    ),
  }),
});

/** What the engine knows of a network beyond the runtime, kept with it as a label. */
export type KeptNetwork = z.infer<typeof keptSchema>;

/** A network as clients see it; `host` and `none` are nothing to the runtime. */
export interface DockerNetwork {
  readonly name: string;
  readonly id: string;
  readonly driver: 'bridge' | 'host' | 'null';
  readonly network: Network | undefined;
  readonly kept: KeptNetwork;
}

const NOTHING_KEPT: KeptNetwork = {
  labels: {},
  options: {},
  attachable: false,
  ipam: { driver: 'default', options: null, config: [] },
};

/** `host` and `none` exist on every machine; their ids only have to stay the same. */
function specialNetwork(name: 'host' | 'none'): DockerNetwork {
  const digit = name === 'host' ? 'a' : 'b';
  return {
    name,
    id: `${digit}0c4`.repeat(16),
    driver: name === 'host' ? 'host' : 'null',
    network: undefined,
    kept: NOTHING_KEPT,
  };
}
const SPECIAL = [specialNetwork('host'), specialNetwork('none')];

export class DockerNetworks {
  readonly #context: () => ContainerContext;

  /** @param context known once the engine is put together */
  constructor(context: () => ContainerContext) {
    this.#context = context;
  }

  list(): readonly DockerNetwork[] {
    return [...this.#context().runtime.networks.list().map(dockerNetwork), ...SPECIAL];
  }

  /** By whole id, name, or id prefix. Throws 404, or 400 when several fit. */
  get(reference: string): DockerNetwork {
    const all = this.list();
    const exact = all.find(({ id }) => id === reference);
    if (exact !== undefined) return exact;
    const matches: readonly (readonly [readonly DockerNetwork[], string])[] = [
      [all.filter(({ name }) => name === reference), 'found on name'],
      [all.filter(({ id }) => id.startsWith(reference)), 'found based on ID prefix'],
    ];
    for (const [[first, ...more], how] of matches) {
      if (first !== undefined && more.length === 0) return first;
      if (first !== undefined)
        throw badRequest(`network ${reference} is ambiguous (${more.length + 1} matches ${how})`);
    }
    throw notFound(`network ${reference} not found`);
  }

  find(reference: string): DockerNetwork | undefined {
    return this.list().find(({ id, name }) => id === reference || name === reference);
  }

  /** Whether its user chose the subnet. */
  hasOwnSubnet(network: Network): boolean {
    return dockerNetwork(network).kept.ipam.config.some(({ Subnet }) => Subnet !== undefined);
  }

  /** Running containers on a network, with what the runtime says of them. */
  members({ id, name }: DockerNetwork): readonly (readonly [ContainerRecord, Container])[] {
    const { records, runtime } = this.#context();
    return records
      .list()
      .map((record) => [record, runtime.container(record.id)] as const)
      .filter(
        ([record, { sandbox, config }]) =>
          sandbox !== undefined &&
          config.sandbox.kind === 'own' &&
          (sandbox.endpoints.some(({ networkId }) => networkId === id) ||
            networkNameOf(record.hostConfig) === name),
      );
  }

  /** Throws 403 for a name that is taken, 409, 400 or 404 for what cannot be made. */
  async create(body: CreateNetwork): Promise<DockerNetwork> {
    const { runtime } = this.#context();
    const { options, kept } = networkOptions(body);
    const { name } = options;
    if (!isUserDefined(name))
      throw new ApiError(403, `operation is not permitted on predefined ${name} network`);
    if (runtime.networks.list().some((one) => one.name === name) && body.CheckDuplicate !== false)
      throw conflict(`network with name ${name} already exists`);
    const network = await runtime.networks.create({
      ...options,
      tellsNames: true,
      labels: { [LABEL]: JSON.stringify(kept) },
    });
    const made = dockerNetwork(network);
    this.tell(made, 'create');
    return made;
  }

  async remove(reference: string): Promise<void> {
    const network = this.get(reference);
    if (!isUserDefined(network.name))
      throw new ApiError(403, `${network.name} is a pre-defined network and cannot be removed`);
    await this.#context().runtime.networks.remove(network.id);
    this.tell(network, 'destroy');
  }

  /** Removes the user's networks that nobody runs on. Returns their names. */
  async prune(filters: Filters, until: number): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const one of this.list()) {
      const { labels } = one.kept;
      const chosen =
        isUserDefined(one.name) &&
        this.members(one).length === 0 &&
        (one.network?.createdAt ?? 0) < until &&
        filters.matchLabels(labels) &&
        !filters.get('label!').some((wanted) => labelMatches(labels, wanted));
      if (!chosen) continue;
      await this.remove(one.id);
      removed.push(one.name);
    }
    return removed;
  }

  /** Puts a container on a network: now, when it runs, and at its starts. */
  async connect(
    record: ContainerRecord,
    reference: string,
    given: GivenEndpoint | null | undefined,
  ): Promise<void> {
    const context = this.#context();
    const { runtime, records, random } = context;
    const isUp = runtime.container(record.id).sandbox !== undefined;
    const network = this.get(reference);
    this.#checkConnect(record, network);
    const { endpoint, settings } = wantedEndpoint(
      context,
      record,
      network.name,
      endpointSettings(given),
    );
    if (!isUp && record.networks[network.name] !== undefined) return;
    await runtime.connectContainer(record.id, { ...endpoint, network: network.id });
    record.networks = {
      ...record.networks,
      [network.name]: {
        ...settings,
        NetworkID: isUp ? network.id : '',
        EndpointID: isUp ? randomId(random) : '',
      },
    };
    await records.save(record);
    if (isUp) this.tell(network, 'connect', { container: record.id });
  }

  async disconnect(record: ContainerRecord, reference: string): Promise<void> {
    const { runtime, records } = this.#context();
    const network = this.get(reference);
    const isUp = runtime.container(record.id).sandbox !== undefined;
    if (isUp && record.hostConfig.NetworkMode === 'host' && network.driver === 'host')
      throw badRequest(
        'container cannot be disconnected from host network or connected to host network',
      );
    if (record.networks[network.name] === undefined)
      throw new ApiError(
        500,
        isUp
          ? `container ${record.id} is not connected to network ${network.name}`
          : `container ${record.id} is not connected to the network ${network.name}`,
      );
    await runtime.disconnectContainer(record.id, network.id);
    const { [network.name]: _gone, ...left } = record.networks;
    record.networks = left;
    await records.save(record);
    this.tell(network, 'disconnect', { container: record.id });
  }

  /** Gives a container's neighbours its new name. */
  async rename(record: ContainerRecord): Promise<void> {
    const context = this.#context();
    for (const [name, settings] of Object.entries(record.networks)) {
      const network = this.find(settings.NetworkID || name);
      if (network?.network === undefined) continue;
      const { endpoint } = wantedEndpoint(context, record, name, settings);
      await context.runtime.nameContainer(record.id, network.id, endpoint.names ?? []);
    }
  }

  tell(
    network: DockerNetwork,
    action: string,
    attributes: Readonly<Record<string, string>> = {},
  ): void {
    this.#context().events.add('network', action, network.id, {
      ...attributes,
      name: network.name,
      type: network.driver,
    });
  }

  #checkConnect(record: ContainerRecord, network: DockerNetwork): void {
    const own = networkNameOf(record.hostConfig);
    if (own !== 'host' && network.driver === 'host')
      throw badRequest(
        'container cannot be disconnected from host network or connected to host network',
      );
    if (own.startsWith('container:') || own === 'host' || network.driver === 'host')
      throw badRequest(
        'container sharing network namespace with another container or host cannot be connected to any other network',
      );
    if (own === 'none' || network.driver === 'null')
      throw badRequest(
        'container cannot be connected to multiple networks with one of the networks in private (none) mode',
      );
  }
}

function dockerNetwork(network: Network): DockerNetwork {
  const text = network.labels?.[LABEL];
  return {
    name: network.name,
    id: network.id,
    driver: 'bridge',
    network,
    kept: text === undefined ? defaultKept(network) : keptSchema.parse(JSON.parse(text)),
  };
}

/** Docker's own bridge. */
function defaultKept(network: Network): KeptNetwork {
  return {
    ...NOTHING_KEPT,
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': 'true',
      'com.docker.network.bridge.enable_ip_masquerade': 'true',
      'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
      'com.docker.network.bridge.name': network.bridge,
      'com.docker.network.driver.mtu': '1500',
    },
    ipam: {
      driver: 'default',
      options: null,
      config: [{ Subnet: network.subnet }],
    },
  };
}
