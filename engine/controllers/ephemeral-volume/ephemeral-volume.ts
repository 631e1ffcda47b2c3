import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, nameOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  Volume,
} from '../../objects/generated/core-v1.generated.ts';
import { ephemeralClaimName, isMadeFor } from '../../objects/volumes/claims.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { podsByClaim } from '../volumes/pods-by-claim.ts';
import { workOn } from '../work-loop.ts';

/** `--concurrent-ephemeralvolume-syncs` */
const WORKERS = 5;

/** Makes claims for the generic ephemeral volumes of Pods (upstream's `volume/ephemeral`). */
export class EphemeralVolume implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #pods: ObjectStore<Pod>;
  readonly #podsByClaim: Index<Pod>;
  readonly #claims: ObjectStore<PersistentVolumeClaim>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorder('ephemeral_volume');
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const pods = informers.of(resources.pods);
    const claims = informers.of(resources.persistentVolumeClaims);
    this.#pods = pods.store;
    this.#podsByClaim = podsByClaim(pods.store);
    this.#claims = claims.store;
    pods.addHandler({ onAdd: (pod) => this.#add(pod) });
    // One that was in the way is gone.
    claims.addHandler({
      onDelete: ({ metadata }) => {
        for (const pod of this.#podsByClaim.get(keyOf(metadata))) this.#add(pod);
      },
    });
  }

  #add({ metadata, spec }: Stored<Pod>): void {
    const hasSome = spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) ?? false;
    if (hasSome && metadata.deletionTimestamp === undefined) this.#queue.add(keyOf(metadata));
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  async #sync(key: string): Promise<void> {
    const pod = this.#pods.get(nameOf(key));
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    for (const volume of pod.spec.volumes ?? []) {
      try {
        await this.#make(pod, volume);
      } catch (error) {
        const message = `ephemeral volume ${volume.name}: ${messageOf(error)}`;
        this.#recorder.event(pod, 'Warning', 'FailedBinding', message);
        throw error;
      }
    }
  }

  async #make(pod: Stored<Pod>, volume: Volume): Promise<void> {
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (template === undefined) return;
    const { namespace = '', name: podName, uid } = pod.metadata;
    const name = ephemeralClaimName(pod, volume);
    const known = this.#claims.get({ namespace, name });
    if (known !== undefined) {
      if (isMadeFor(known, pod)) return;
      throw new Error(
        `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`,
      );
    }
    const { annotations, labels } = template.metadata ?? {};
    const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid };
    try {
      await this.#context.client.create(resources.persistentVolumeClaims, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          namespace,
          name,
          ...(annotations === undefined ? {} : { annotations }),
          ...(labels === undefined ? {} : { labels }),
          ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
        },
        spec: template.spec,
      });
    } catch (error) {
      throw new Error(`create PVC ${name}: ${messageOf(error)}`, { cause: error });
    }
  }
}
