import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Resource, Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Pod, PodTemplateSpec } from '../../objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { isDns1123Subdomain, maskTrailingDash } from '../../objects/names.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import { controllerRef } from './controller-ref.ts';

export interface PodControlOptions<Owner extends KubernetesObject> {
  readonly client: Client;
  readonly recorder: EventRecorder;
  /** of those for which it creates and deletes */
  readonly ownerResource: Resource<Owner>;
}

/** Creates and deletes Pods for their owner and says so in events (upstream's `RealPodControl`). */
export class PodControl<Owner extends KubernetesObject> {
  readonly #options: PodControlOptions<Owner>;

  constructor(options: PodControlOptions<Owner>) {
    this.#options = options;
  }

  /** @param generateName the owner's name with a dash when absent */
  async create(
    template: PodTemplateSpec,
    owner: Stored<Owner>,
    generateName?: string,
  ): Promise<Stored<Pod>> {
    const { client, recorder, ownerResource } = this.#options;
    const pod = podFromTemplate(template, owner, ownerResource, generateName);
    try {
      const created = await client.create(resources.pods, pod);
      const text = `Created pod: ${created.metadata.name}`;
      recorder.event(owner, 'Normal', 'SuccessfulCreate', text);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error))
        recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  /** @throws StatusError also `NotFound`, of which there is no event */
  async delete(pod: Stored<Pod>, owner: Stored<Owner>): Promise<void> {
    const { client, recorder } = this.#options;
    try {
      await client.delete(resources.pods, pod.metadata);
    } catch (error) {
      if (reasonOf(error) === 'NotFound') throw error;
      recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw new Error(`unable to delete pods: ${messageOf(error)}`, { cause: error });
    }
    const text = `Deleted pod: ${pod.metadata.name}`;
    recorder.event(owner, 'Normal', 'SuccessfulDelete', text);
  }
}

/** A Pod of its owner's, as yet without a name: the server makes one up. */
export function podFromTemplate(
  template: PodTemplateSpec,
  owner: Stored<KubernetesObject>,
  ownerResource: Resource<KubernetesObject>,
  generateName = podPrefix(owner.metadata.name),
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const { namespace } = owner.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerRef(ownerResource, owner)],
    },
    spec: template.spec ?? { containers: [] },
  };
}

/** A dash makes names prettier where there is room for it. */
function podPrefix(owner: string): string {
  const prefix = `${owner}-`;
  return isDns1123Subdomain(maskTrailingDash(prefix)).length === 0 ? prefix : owner;
}

/** Nothing can be created in a namespace that is going; nobody needs to be told. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
  );
}
