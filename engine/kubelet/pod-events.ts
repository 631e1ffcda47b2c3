import type { EventRecorder } from '../client/events/event-recorder.ts';
import type { Pod } from '../objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import type { PodEvents } from './contracts.ts';

/** Events of a kubelet, with the part of the Pod that they are about. */
export class KubeletEvents implements PodEvents {
  readonly #recorder: EventRecorder;
  readonly #node: KubernetesObject;

  constructor(recorder: EventRecorder, nodeName: string) {
    this.#recorder = recorder;
    // Upstream's kubelet does not know its node's uid here and says the name.
    this.#node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
  }

  pod(
    pod: Pod,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    container?: string,
  ): void {
    const fieldPath = container === undefined ? undefined : fieldPathOf(pod, container);
    this.#recorder.event(pod, type, reason, message, fieldPath === undefined ? {} : { fieldPath });
  }

  node(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#recorder.event(this.#node, type, reason, message);
  }
}

/** `spec.initContainers{setup}` */
function fieldPathOf({ spec }: Pod, container: string): string | undefined {
  const kinds = ['containers', 'initContainers', 'ephemeralContainers'] as const;
  const kind = kinds.find((field) => spec[field]?.some(({ name }) => name === container));
  return kind === undefined ? undefined : `spec.${kind}{${container}}`;
}
