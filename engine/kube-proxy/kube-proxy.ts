import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { SeriesRecorder } from '../client/events/series-recorder.ts';
import type { Informer } from '../client/informer/informer.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { resources } from '../client/resources.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import { PacedSync } from '../nftables/paced-sync.ts';
import { NftTable } from '../nftables/table.ts';
import type { Node, Service } from '../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../objects/generated/discovery-v1.generated.ts';
import type { ServiceCIDR } from '../objects/generated/networking-v1.generated.ts';
import { parseCidr } from '../objects/ip.ts';
import type { ProxySettings } from './base-rules.ts';
import { ChainNames } from './chain-names.ts';
import { endpointsOf, localReadyCounts } from './endpoints.ts';
import { serveOnNode } from './node-server.ts';
import { answerStatus, ProxyHealth } from './proxy-health.ts';
import { kubeProxyRuleset, type ProxyState } from './ruleset.ts';
import { ServiceHealth } from './service-health.ts';
import { servicePortsOf } from './service-ports.ts';
import { udpDestinations } from './stale-flows.ts';

export interface KubeProxyOptions {
  readonly nodeName: string;
  /** where node ports are open */
  readonly nodeIp: string;
  /** addresses of Pods: `10.244.0.0/16` */
  readonly clusterCidr: string;
  readonly client: Client;
  readonly agent: AgentClient;
  readonly clock: Clock;
  readonly random: Random;
  /** told of what failed; the proxy goes on */
  readonly onError: (error: unknown) => void;
}

const table = { family: 'ip', name: 'kube-proxy', comment: 'rules for kube-proxy' } as const;

/** Services that another proxy serves, and slices of Services that none does. */
const NOT_OURS = '!service.kubernetes.io/service-proxy-name';
const NOT_HEADLESS = '!service.kubernetes.io/headless';
const ZONE = 'topology.kubernetes.io/zone';

/** Upstream's `healthzBindAddress` and `metricsBindAddress`. */
const HEALTH_ADDRESS = '0.0.0.0:10256';
const STATUS_ADDRESS = '127.0.0.1:10249';

/**
 * kube-proxy in nftables mode: keeps a node's kernel such that packets to Services reach their endpoints.
 * When it stops, the rules stay and go on working, as upstream's do, until `remove`.
 */
export class KubeProxy {
  readonly #options: KubeProxyOptions;
  readonly #informers: SharedInformers;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #serviceCidrs: Informer<ServiceCIDR>;
  readonly #events: SeriesRecorder;
  readonly #table: NftTable;
  readonly #sync: PacedSync;
  readonly #health: ProxyHealth;
  readonly #serviceHealth: ServiceHealth;
  /** what the last flows were forgotten for */
  #udp = '';
  #names: ChainNames | undefined;

  constructor(options: KubeProxyOptions) {
    const { nodeName, client, agent, clock, random, onError } = options;
    this.#options = options;
    this.#informers = new SharedInformers({ client, clock, random, onError });
    this.#services = this.#informers.of(resources.services, {
      labelSelector: NOT_OURS,
      fieldSelector: 'spec.clusterIP!=None',
    });
    this.#slices = this.#informers.of(resources.endpointSlices, { labelSelector: NOT_HEADLESS });
    this.#nodes = this.#informers.of(resources.nodes, {
      fieldSelector: `metadata.name=${nodeName}`,
    });
    this.#serviceCidrs = this.#informers.of(resources.serviceCIDRs);
    this.#events = new SeriesRecorder({
      client,
      clock,
      random,
      reportingController: 'kube-proxy',
      reportingInstance: `kube-proxy-${nodeName}`,
      onError,
    });
    this.#table = new NftTable(agent, clock, table);
    this.#sync = new PacedSync({ clock, sync: () => this.#syncRules(), onError });
    this.#health = new ProxyHealth(clock, () => this.#nodes.store.get({ name: nodeName }));
    this.#serviceHealth = new ServiceHealth({
      agent,
      isHealthy: () => this.#health.isHealthy,
      onFailure: (...failure) => this.#tellOfHealthCheck(...failure),
    });
  }

  /** Works until the signal. */
  async start(signal: AbortSignal): Promise<void> {
    this.#names = await ChainNames.create();
    this.#watch();
    const listeners = await Promise.all([
      this.#serve(HEALTH_ADDRESS, (path) => this.#health.answer(path)),
      this.#serve(STATUS_ADDRESS, answerStatus),
    ]);
    // Rules made of half of the cluster would refuse what works.
    await this.#informers.synced(signal);
    this.#changed();
    await this.#sync.run(signal);
    this.#informers.dispose();
    this.#events.dispose();
    await Promise.allSettled([
      ...listeners.map((close) => close()),
      this.#serviceHealth.sync(new Map(), new Map()),
    ]);
  }

  /** Removes everything that it has put into the kernel. For after the end of `start`. */
  remove(): Promise<void> {
    return this.#table.remove();
  }

  #watch(): void {
    const changed = (): void => this.#changed();
    const handler = { onAdd: changed, onUpdate: changed, onDelete: changed };
    this.#services.addHandler(handler);
    this.#slices.addHandler(handler);
    this.#serviceCidrs.addHandler(handler);
    this.#nodes.addHandler({
      onAdd: changed,
      onUpdate: (old, node) => {
        if (old.metadata.labels?.[ZONE] !== node.metadata.labels?.[ZONE]) changed();
      },
    });
  }

  #changed(): void {
    this.#health.changed();
    this.#sync.request();
  }

  async #serve(...server: readonly [string, Parameters<typeof serveOnNode>[2]]) {
    try {
      return await serveOnNode(this.#options.agent, ...server);
    } catch (error) {
      this.#options.onError(error);
      return () => Promise.resolve();
    }
  }

  async #syncRules(): Promise<void> {
    if (this.#names === undefined) return;
    const { nodeName, nodeIp, clusterCidr } = this.#options;
    const settings: ProxySettings = {
      nodeName,
      nodeIp,
      clusterCidr,
      zone: this.#nodes.store.get({ name: nodeName })?.metadata.labels?.[ZONE] ?? '',
      serviceCidrs: this.#rangesOfServices(),
    };
    const state: ProxyState = {
      ports: this.#services.store.list().flatMap(servicePortsOf),
      endpoints: endpointsOf(this.#slices.store.list(), nodeName),
    };
    await this.#table.apply(kubeProxyRuleset(this.#names, settings, state));
    this.#health.updated();
    await this.#serviceHealth.sync(healthCheckPorts(state), localReadyCounts(state.endpoints));
    await this.#forgetFlows(state);
  }

  #rangesOfServices(): string[] {
    return this.#serviceCidrs.store
      .list()
      .flatMap(({ spec }) => spec?.cidrs ?? [])
      .filter((range) => parseCidr(range)?.network.bytes.length === 4)
      .toSorted();
  }

  /** UDP flows to endpoints that are gone, when something about UDP has changed. */
  async #forgetFlows(state: ProxyState): Promise<void> {
    const destinations = udpDestinations(state);
    const now = JSON.stringify(destinations);
    if (now === this.#udp) return;
    await this.#options.agent.call('conntrack.forget', { protocol: 'udp', destinations });
    this.#udp = now;
  }

  #tellOfHealthCheck(service: string, port: number, message: string): void {
    const found = this.#services.store.getByKey(service);
    const note = `node ${this.#options.nodeName} failed to start healthcheck "${service}" on port ${port}: ${message}`;
    if (found === undefined) return;
    this.#events.event({
      regarding: found,
      type: 'Warning',
      reason: 'FailedToStartServiceHealthcheck',
      action: 'Listen',
      note,
    });
  }
}

function healthCheckPorts({ ports }: ProxyState): Map<string, number> {
  return new Map(
    ports.flatMap(({ namespace, name, healthCheckNodePort }) =>
      healthCheckNodePort === 0 ? [] : [[`${namespace}/${name}`, healthCheckNodePort]],
    ),
  );
}
