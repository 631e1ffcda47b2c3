import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer/informer.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { resources } from '../client/resources.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import { AgentError } from '../machine/agent/agent-error.ts';
import { PacedSync } from '../nftables/paced-sync.ts';
import { NftTable } from '../nftables/table.ts';
import type { Node } from '../objects/generated/core-v1.generated.ts';
import { conflist, CONFLIST_PATH } from './conflist.ts';
import { masqueradeRuleset } from './masquerade.ts';
import { NetworkPolicies } from './policies/network-policies.ts';
import {
  batchCommand,
  listCommand,
  parseRoutes,
  podCidrOf,
  routeScript,
  routesFrom,
  type Routes,
} from './routes.ts';

export interface NodeNetworkOptions {
  readonly nodeName: string;
  /** addresses of Pods: `10.244.0.0/16` */
  readonly clusterCidr: string;
  readonly client: Client;
  readonly agent: AgentClient;
  readonly clock: Clock;
  readonly random: Random;
  /** told of what failed; it is tried again */
  readonly onError: (error: unknown) => void;
}

const table = {
  family: 'ip',
  name: 'drydock-network',
  comment: 'traffic of Pods that leaves the cluster',
} as const;

/** Packets are forwarded, and those between Pods of one node pass the rules as well. */
const KERNEL_SETTINGS = [
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/bridge/bridge-nf-call-iptables',
];

/**
 * The network plugin's part that runs on a node, as kindnetd is to kind: once the node has a range of addresses
 * for its Pods it configures the plugin, it keeps the ways to the other nodes' Pods, and enforces NetworkPolicies.
 */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #informers: SharedInformers;
  readonly #nodes: Informer<Node>;
  readonly #table: NftTable;
  readonly #sync: PacedSync;
  readonly #policies: NetworkPolicies;
  /** the range that the node is set up for */
  #podCidr: string | undefined;
  /** what the kernel has; undefined when that is not known */
  #routes: Routes | undefined;

  constructor(options: NodeNetworkOptions) {
    const { client, agent, clock, random, onError } = options;
    this.#options = options;
    this.#informers = new SharedInformers({ client, clock, random, onError });
    this.#nodes = this.#informers.of(resources.nodes);
    this.#table = new NftTable(agent, clock, table);
    this.#sync = new PacedSync({ clock, sync: () => this.#syncNode(), onError });
    this.#policies = new NetworkPolicies(options);
  }

  /** Works until the signal; what it made stays. */
  async start(signal: AbortSignal): Promise<void> {
    const changed = (): void => this.#sync.request();
    this.#nodes.addHandler({
      onAdd: changed,
      onUpdate: (old, node) => {
        if (wayTo(old) !== wayTo(node)) changed();
      },
      onDelete: changed,
    });
    void this.#nodes.synced.then(changed);
    await Promise.all([this.#sync.run(signal), this.#policies.start(signal)]);
    this.#informers.dispose();
  }

  /** Removes everything that it has made. For after the end of `start`. */
  async remove(): Promise<void> {
    const { agent } = this.#options;
    await agent.call('file.remove', { path: CONFLIST_PATH }).catch((error: unknown) => {
      if (!(error instanceof AgentError && error.code === 'ENOENT')) throw error;
    });
    await this.#table.remove();
    await this.#policies.remove();
    await this.#applyRoutes(new Map());
    this.#podCidr = undefined;
  }

  async #syncNode(): Promise<void> {
    if (!this.#nodes.hasSynced) return;
    const { nodeName, clusterCidr } = this.#options;
    const node = this.#nodes.store.get({ name: nodeName });
    const podCidr = node === undefined ? undefined : podCidrOf(node);
    if (podCidr === undefined) return;
    await this.#applyRoutes(routesFrom(nodeName, this.#nodes.store.list()));
    if (podCidr === this.#podCidr) return;
    await this.#setUp(podCidr, clusterCidr);
    this.#podCidr = podCidr;
  }

  async #setUp(podCidr: string, clusterCidr: string): Promise<void> {
    const { agent } = this.#options;
    for (const path of KERNEL_SETTINGS) await agent.writeFile(path, '1', { inPlace: true });
    await this.#table.apply(masqueradeRuleset(podCidr, clusterCidr));
    // Last: with this file the node's network is ready.
    await agent.writeFile(CONFLIST_PATH, conflist(podCidr), { mode: 0o644, makeParents: true });
  }

  async #applyRoutes(wanted: Routes): Promise<void> {
    const known = this.#routes ?? parseRoutes(await this.#run(listCommand));
    // Until it is done nobody knows.
    this.#routes = undefined;
    const script = routeScript(known, wanted);
    if (script !== '') await this.#run(batchCommand, script);
    this.#routes = wanted;
  }

  async #run(argv: readonly string[], stdin?: string): Promise<string> {
    const { exit, stdout, stderr } = await this.#options.agent.call('run', {
      argv,
      ...(stdin !== undefined && { stdin }),
    });
    if (exit.code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }
}

/** What of a node decides about routes. */
function wayTo(node: Node): string {
  return JSON.stringify([podCidrOf(node), node.status?.addresses]);
}
