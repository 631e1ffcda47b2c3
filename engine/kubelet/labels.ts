/** Labels and annotations by which a kubelet finds its Pods again in the runtime (upstream's kuberuntime/labels.go). */
import { fnv32a } from '../base/fnv.ts';
import type { Container, LifecycleHandler, Pod } from '../objects/generated/core-v1.generated.ts';

export const POD_NAME_LABEL = 'io.kubernetes.pod.name';
export const POD_NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
export const POD_UID_LABEL = 'io.kubernetes.pod.uid';
export const CONTAINER_NAME_LABEL = 'io.kubernetes.container.name';

const HASH = 'io.kubernetes.container.hash';
const RESTART_COUNT = 'io.kubernetes.container.restartCount';
const MESSAGE_PATH = 'io.kubernetes.container.terminationMessagePath';
const MESSAGE_POLICY = 'io.kubernetes.container.terminationMessagePolicy';
const PRE_STOP = 'io.kubernetes.container.preStopHandler';
const PORTS = 'io.kubernetes.container.ports';
const DELETION_GRACE_PERIOD = 'io.kubernetes.pod.deletionGracePeriod';
const TERMINATION_GRACE_PERIOD = 'io.kubernetes.pod.terminationGracePeriod';

/** Labels of a sandbox: the Pod's own, and whose it is. Its annotations are the Pod's. */
export function sandboxLabels(pod: Pod): Record<string, string> {
  return { ...pod.metadata.labels, ...podLabels(pod) };
}

export function containerLabels(pod: Pod, container: Container): Record<string, string> {
  return { ...podLabels(pod), [CONTAINER_NAME_LABEL]: container.name };
}

function podLabels({ metadata }: Pod): Record<string, string> {
  return {
    [POD_NAME_LABEL]: metadata.name ?? '',
    [POD_NAMESPACE_LABEL]: metadata.namespace ?? '',
    [POD_UID_LABEL]: metadata.uid ?? '',
  };
}

/** What a kubelet that finds the container without its Pod has to know. */
export function containerAnnotations(
  { metadata, spec }: Pod,
  container: Container,
  restartCount: number,
): Record<string, string> {
  const { deletionGracePeriodSeconds } = metadata;
  const { terminationGracePeriodSeconds } = spec;
  const { lifecycle, ports = [] } = container;
  return {
    [HASH]: containerHash(container),
    [RESTART_COUNT]: String(restartCount),
    [MESSAGE_PATH]: container.terminationMessagePath ?? '/dev/termination-log',
    [MESSAGE_POLICY]: container.terminationMessagePolicy ?? 'File',
    ...(deletionGracePeriodSeconds === undefined
      ? {}
      : { [DELETION_GRACE_PERIOD]: String(deletionGracePeriodSeconds) }),
    ...(terminationGracePeriodSeconds === undefined
      ? {}
      : { [TERMINATION_GRACE_PERIOD]: String(terminationGracePeriodSeconds) }),
    ...(lifecycle?.preStop === undefined ? {} : { [PRE_STOP]: JSON.stringify(lifecycle.preStop) }),
    ...(ports.length === 0 ? {} : { [PORTS]: JSON.stringify(ports) }),
  };
}

/** Changes with what can be changed only by making the container anew: its image. */
export function containerHash({ name, image = '' }: Container): string {
  return fnv32a(new TextEncoder().encode(JSON.stringify({ image, name }))).toString(16);
}

/** What the annotations of a container say. */
export interface ContainerRecord {
  readonly hash: string;
  readonly restartCount: number;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly terminationGracePeriodSeconds?: number;
  readonly preStop?: LifecycleHandler;
}

export function readContainerRecord(
  annotations: Readonly<Record<string, string>>,
): ContainerRecord {
  const seconds = (name: string): number | undefined =>
    annotations[name] === undefined ? undefined : Number(annotations[name]);
  const deletionGracePeriodSeconds = seconds(DELETION_GRACE_PERIOD);
  const terminationGracePeriodSeconds = seconds(TERMINATION_GRACE_PERIOD);
  const preStop = annotations[PRE_STOP];
  return {
    hash: annotations[HASH] ?? '',
    restartCount: seconds(RESTART_COUNT) ?? 0,
    terminationMessagePath: annotations[MESSAGE_PATH] ?? '',
    terminationMessagePolicy: annotations[MESSAGE_POLICY] ?? '',
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
    ...(preStop === undefined ? {} : { preStop: JSON.parse(preStop) as LifecycleHandler }),
  };
}
