import type { Stored } from '../../client/resource.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isStaticPod } from '../status/phase.ts';

/** Annotation of a mirror Pod: which static Pod it shows. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export function isMirrorPod({ metadata }: Pod): boolean {
  return metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

/** Pods of the node by source: those of the API, static ones, and the mirrors of these in the API. */
export class KnownPods {
  readonly #pods = new Map<string, Pod>();
  /** by namespace and name */
  readonly #mirrors = new Map<string, Stored<Pod>>();

  set(pod: Pod): void {
    this.#pods.set(pod.metadata.uid ?? '', pod);
  }

  delete(uid: string): void {
    this.#pods.delete(uid);
  }

  list(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  byUid(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  /** One that was made again under the name of another that still ends comes first. */
  byName(namespace: string, name: string): Pod | undefined {
    const found = this.list().filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    return found.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? found.at(-1);
  }

  setMirror(mirror: Stored<Pod>): void {
    this.#mirrors.set(keyOf(mirror.metadata), mirror);
  }

  deleteMirror(mirror: Pod): void {
    this.#mirrors.delete(keyOf(mirror.metadata));
  }

  mirrors(): readonly Stored<Pod>[] {
    return [...this.#mirrors.values()];
  }

  mirrorOf(pod: Pod): Stored<Pod> | undefined {
    return isStaticPod(pod) ? this.#mirrors.get(keyOf(pod.metadata)) : undefined;
  }

  /** The static Pod by the name of its mirror. */
  staticBehind(mirror: Pod): Pod | undefined {
    return this.list().find(
      (pod) => isStaticPod(pod) && keyOf(pod.metadata) === keyOf(mirror.metadata),
    );
  }
}
