import type { Client } from '../../client/client.ts';
import { getScale } from '../../client/scale.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import type { ObjectName, Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import { parseApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';
import { controllerOf } from '../pods/controller-ref.ts';

/** Something with as many Pods as it says. */
type Scaled = KubernetesObject & { readonly spec?: { readonly replicas?: number } };

interface ScaledStore {
  get(name: ObjectName): Stored<Scaled> | undefined;
}

interface OwnerScale {
  readonly uid: string;
  readonly replicas: number;
}

/** How many Pods there are to be, by those that own them. */
export interface ExpectedScale {
  readonly expected: number;
  /** names of Pods that nobody owns */
  readonly unmanaged: readonly string[];
}

/** Finds who owns Pods and how many they want: upstream's `finders`. */
export class OwnerScales {
  readonly #client: Client;
  readonly #replicationControllers: ScaledStore;
  readonly #replicaSets: ScaledStore;
  readonly #deployments: ScaledStore;
  readonly #statefulSets: ScaledStore;

  constructor(client: Client, informers: SharedInformers) {
    this.#client = client;
    this.#replicationControllers = informers.of(resources.replicationControllers).store;
    this.#replicaSets = informers.of(resources.replicaSets).store;
    this.#deployments = informers.of(resources.deployments).store;
    this.#statefulSets = informers.of(resources.statefulSets).store;
  }

  /** What all owners of these Pods want together. @throws NotScalableError, StatusError */
  async expected(pods: readonly Stored<Pod>[]): Promise<ExpectedScale> {
    const replicas = new Map<string, number>();
    const seen = new Set<string>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const { namespace = '', name } = pod.metadata;
      const owner = controllerOf(pod);
      if (owner === undefined) {
        unmanaged.push(name);
        continue;
      }
      if (seen.has(owner.uid)) continue;
      seen.add(owner.uid);
      const scale = this.#known(owner, namespace) ?? (await this.#asked(owner, namespace));
      if (scale === undefined) throw new Error(`found no controllers for pod "${name}"`);
      replicas.set(scale.uid, scale.replicas);
    }
    return { expected: [...replicas.values()].reduce((sum, each) => sum + each, 0), unmanaged };
  }

  #known(owner: OwnerReference, namespace: string): OwnerScale | undefined {
    switch (`${owner.kind}.${parseApiVersion(owner.apiVersion).group}`) {
      case 'ReplicationController.':
        return scaleIn(this.#replicationControllers, owner, namespace);
      case 'StatefulSet.apps':
        return scaleIn(this.#statefulSets, owner, namespace);
      case 'ReplicaSet.apps': {
        const replicaSet = this.#replicaSets.get({ namespace, name: owner.name });
        if (replicaSet?.metadata.uid !== owner.uid) return undefined;
        // While a Deployment rolls out, it says how many there are to be.
        const above = controllerOf(replicaSet);
        return above?.kind === 'Deployment'
          ? scaleIn(this.#deployments, above, namespace)
          : scaleIn(this.#replicaSets, owner, namespace);
      }
      default:
        return undefined;
    }
  }

  async #asked(owner: OwnerReference, namespace: string): Promise<OwnerScale | undefined> {
    const { apiVersion, kind, name } = owner;
    const scale = await getScale(this.#client, { apiVersion, kind, name, namespace });
    if (scale === undefined || scale.metadata.uid !== owner.uid) return undefined;
    return { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 };
  }
}

function scaleIn(
  store: ScaledStore,
  { name, uid }: OwnerReference,
  namespace: string,
): OwnerScale | undefined {
  const found = store.get({ namespace, name });
  return found?.metadata.uid === uid ? { uid, replicas: found.spec?.replicas ?? 0 } : undefined;
}
