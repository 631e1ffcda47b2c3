import type { Pod, PodList } from '../../objects/generated/core-v1.generated.ts';
import type { RuntimePod } from '../contracts.ts';

export const podList = (items: readonly Pod[]): PodList => ({
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: {},
  items,
});

/** Pods as no more than the runtime knows of them (`kubecontainer.Pod.ToAPIPod`). */
export function runningPods(pods: readonly RuntimePod[]): readonly Pod[] {
  return pods
    .map((pod) => ({
      pod,
      containers: pod.containers.filter(({ state }) => state === 'CONTAINER_RUNNING'),
    }))
    .filter(({ pod, containers }) => containers.length > 0 || hasReadySandbox(pod))
    .map(({ pod: { uid, name, namespace }, containers }) => ({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name, namespace, uid },
      spec: {
        containers: containers.map(({ name: container, image }) => ({
          name: container,
          image,
          resources: {},
        })),
      },
      status: {},
    }));
}

const hasReadySandbox = ({ sandboxes }: RuntimePod): boolean =>
  sandboxes.some(({ state }) => state === 'SANDBOX_READY');
