import type {
  Container,
  EphemeralContainer,
  PodSpec,
} from '../../../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../../objects/generated/meta-v1.generated.ts';

/** A Pod, or what a controller makes Pods from. */
export interface CheckedPod {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** What a Pod may not be; `detail` goes in brackets behind it. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

type Look = (pod: CheckedPod) => Violation | undefined;

/** One rule of the Pod Security Standards, in the versions it has had. */
export interface Check {
  readonly id: string;
  /** by the minor version of Kubernetes that brought it, oldest first */
  readonly versions: readonly (readonly [since: number, look: Look])[];
  /** ids of baseline checks that a restricted one stands in for */
  readonly replaces?: readonly string[];
}

type AnyContainer = Container | EphemeralContainer;

/** In upstream's order. */
export function containersOf({ spec }: CheckedPod): readonly AnyContainer[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

/** Names of the containers for which something holds. */
export function containersThat(
  pod: CheckedPod,
  holds: (container: AnyContainer) => boolean,
): readonly string[] {
  return containersOf(pod)
    .filter((container) => holds(container))
    .map(({ name }) => name);
}

export function quoteAll(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ');
}

/** Each once, in order. */
export function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted((one, other) => (one < other ? -1 : 1));
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

/** `containers "a", "b"` */
export function namedContainers(names: readonly string[]): string {
  return `${plural('container', names.length)} ${quoteAll(names)}`;
}

/** `pod and containers "a", "b"`: who has set something wrong; empty when nobody has. */
export function setters(pod: boolean, containers: readonly string[]): string {
  return [
    ...(pod ? ['pod'] : []),
    ...(containers.length === 0 ? [] : [namedContainers(containers)]),
  ].join(' and ');
}

/** Whether the Pod's root is nobody on the node, which makes some rules needless. */
export function hasOwnUsers({ spec }: CheckedPod): boolean {
  return spec.hostUsers === false;
}

export function isWindows({ spec }: CheckedPod): boolean {
  return spec.os?.name === 'windows';
}
