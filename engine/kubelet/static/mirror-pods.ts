import { KeyedLock } from '../../base/keyed-lock.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext } from '../contracts.ts';
import { MIRROR_ANNOTATION, type KnownPods } from '../pods/known-pods.ts';
import { isStaticPod } from '../status/phase.ts';

/** Shows static Pods in the API: each has a mirror there, which is made again when somebody deletes it. */
export class MirrorPods {
  readonly #context: KubeletContext;
  readonly #known: KnownPods;
  readonly #lock = new KeyedLock();

  constructor(context: KubeletContext, known: KnownPods) {
    this.#context = context;
    this.#known = known;
  }

  /** Makes a static Pod's mirror what it should be. Does nothing before the node is registered. */
  async reconcile(pod: Pod): Promise<void> {
    if (!isStaticPod(pod)) return;
    await this.#lock.run(keyOf(pod.metadata), async () => {
      const mirror = this.#known.mirrorOf(pod);
      if (mirror !== undefined) {
        const isRight =
          mirror.metadata.deletionTimestamp === undefined &&
          mirror.metadata.annotations?.[MIRROR_ANNOTATION] === pod.metadata.uid;
        if (isRight) return;
        await this.delete(mirror);
      }
      await this.#create(pod);
    });
  }

  async delete({ metadata }: Stored<Pod>): Promise<void> {
    const { name, namespace = '', uid } = metadata;
    try {
      await this.#context.client.delete(
        resources.pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== 'NotFound' && reason !== 'Conflict') throw error;
    }
  }

  async #create(pod: Pod): Promise<void> {
    const { client, node, nodeName } = this.#context;
    const owner = node();
    if (owner?.metadata.uid === undefined || owner.metadata.deletionTimestamp !== undefined) return;
    const { uid = '', ...metadata } = pod.metadata;
    const mirror: Pod = {
      ...pod,
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [MIRROR_ANNOTATION]: uid },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Node',
            name: nodeName,
            uid: owner.metadata.uid,
            controller: true,
          },
        ],
      },
    };
    try {
      this.#known.setMirror(await client.create(resources.pods, mirror));
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
    }
  }
}
