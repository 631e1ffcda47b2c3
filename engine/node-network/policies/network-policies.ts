import type { Informer } from '../../client/informer/informer.ts';
import { SharedInformers } from '../../client/informer/shared-informers.ts';
import { resources } from '../../client/resources.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { PacedSync } from '../../nftables/paced-sync.ts';
import { NftTable } from '../../nftables/table.ts';
import type { Namespace, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NetworkPolicy } from '../../objects/generated/networking-v1.generated.ts';
import type { NodeNetworkOptions } from '../node-network.ts';
import { policyRuleset } from './ruleset.ts';

const table = { family: 'ip', name: 'drydock-policies', comment: 'NetworkPolicies' } as const;
/** Says that there is the table, for who comes later. It goes with the machine, as the kernel's tables do. */
const MARK = '/run/drydock/network-policies';

interface Subjects {
  readonly pods: Informer<Pod>;
  readonly namespaces: Informer<Namespace>;
}

/** Enforces NetworkPolicies on a node. As long as there has been none, Pods are not even watched. */
export class NetworkPolicies {
  readonly #nodeName: string;
  readonly #agent: AgentClient;
  readonly #informers: SharedInformers;
  readonly #policies: Informer<NetworkPolicy>;
  readonly #table: NftTable;
  readonly #sync: PacedSync;
  #subjects: Subjects | undefined;
  #hasTable = false;

  constructor(options: NodeNetworkOptions) {
    const { nodeName, agent, clock, onError } = options;
    this.#nodeName = nodeName;
    this.#agent = agent;
    this.#informers = new SharedInformers(options);
    this.#policies = this.#informers.of(resources.networkPolicies);
    this.#table = new NftTable(agent, clock, table);
    this.#sync = new PacedSync({ clock, sync: () => this.#syncRules(), onError });
  }

  /** Works until the signal; the rules stay. */
  async start(signal: AbortSignal): Promise<void> {
    const changed = (): void => {
      if (this.#policies.store.size > 0) this.#watchSubjects();
      this.#sync.request();
    };
    this.#policies.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed });
    void this.#policies.synced.then(changed);
    await this.#sync.run(signal);
    this.#informers.dispose();
  }

  async remove(): Promise<void> {
    if (!(await this.#isMarked())) return;
    await this.#table.remove();
    await this.#agent.call('file.remove', { path: MARK });
    this.#hasTable = false;
  }

  #watchSubjects(): void {
    if (this.#subjects !== undefined) return;
    const changed = (): void => this.#sync.request();
    const pods = this.#informers.of(resources.pods);
    const namespaces = this.#informers.of(resources.namespaces);
    pods.addHandler({
      onAdd: changed,
      onUpdate: (old, pod) => {
        if (facts(old) !== facts(pod)) changed();
      },
      onDelete: changed,
    });
    namespaces.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed });
    void Promise.all([pods.synced, namespaces.synced]).then(changed);
    this.#subjects = { pods, namespaces };
  }

  async #syncRules(): Promise<void> {
    const subjects = this.#subjects;
    if (!this.#policies.hasSynced) return;
    // Half of the Pods would be cut off.
    if (subjects !== undefined && !(subjects.pods.hasSynced && subjects.namespaces.hasSynced))
      return;
    const wanted = policyRuleset(this.#nodeName, {
      policies: this.#policies.store.list(),
      pods: subjects?.pods.store.list() ?? [],
      namespaces: subjects?.namespaces.store.list() ?? [],
    });
    if (!this.#hasTable) {
      // Most nodes never need one, and to make it is a good part of a node's start.
      if (wanted.chains.size === 0 && !(await this.#isMarked())) return;
      await this.#agent.writeFile(MARK, '', { makeParents: true });
      this.#hasTable = true;
    }
    await this.#table.apply(wanted);
  }

  async #isMarked(): Promise<boolean> {
    try {
      await this.#agent.call('file.stat', { path: MARK });
      return true;
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ENOENT') return false;
      throw error;
    }
  }
}

/** What of a Pod decides about rules; the rest of its status changes often. */
function facts({ metadata, spec, status }: Pod): string {
  const { labels, deletionTimestamp } = metadata;
  return JSON.stringify([labels, deletionTimestamp, spec.nodeName, status?.phase, status?.podIPs]);
}
