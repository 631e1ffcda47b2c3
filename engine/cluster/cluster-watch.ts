import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Client } from '../client/client.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { resources } from '../client/resources.ts';
import type { Service } from '../objects/generated/core-v1.generated.ts';
import type { Informer } from '../client/informer/informer.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { ClusterHost } from './cluster-host.ts';

export interface ClusterWatchOptions extends Pick<ClusterHost, 'clock' | 'random'> {
  readonly client: Client;
  readonly onNodes: () => void;
  readonly onServices: () => void;
}

/** Milliseconds: what is shown is not to be old for half a minute after an API server has come back. */
const LONGEST_PAUSE_MS = 1000;

/** What the API server says of a cluster's nodes and Services; the last it said, while it is away. */
export class ClusterWatch implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #ready = new Map<string, boolean>();
  readonly #services: Informer<Service>;

  constructor({ client, clock, random, onNodes, onServices }: ClusterWatchOptions) {
    // An API server that is away comes back when its manifest or its machine does: that is shown already.
    const informers = new SharedInformers({
      client,
      clock,
      random,
      longestPause: LONGEST_PAUSE_MS,
      onError: () => {},
    });
    this.#owned.add(informers);
    const nodes = informers.of(resources.nodes);
    onAnyChange(nodes, () => {
      this.#ready.clear();
      for (const { metadata, status } of nodes.store.list()) {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        if (ready !== undefined) this.#ready.set(metadata.name, ready.status === 'True');
      }
      onNodes();
    });
    this.#services = informers.of(resources.services);
    onAnyChange(this.#services, onServices);
  }

  /** Undefined as long as nothing was said about it. */
  isReady(node: string): boolean | undefined {
    return this.#ready.get(node);
  }

  services(): readonly Service[] {
    return this.#services.store.list();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

function onAnyChange<T extends KubernetesObject>(informer: Informer<T>, call: () => void): void {
  informer.addHandler({ onAdd: call, onUpdate: call, onDelete: call });
}
