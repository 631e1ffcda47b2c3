import type {
  Container,
  EphemeralContainer,
  Pod,
  PodSpec,
  ResourceRequirements,
} from '../../generated/core-v1.generated.ts';
import { goQuote } from '../../go-text.ts';
import { isSidecar, podQosClass } from '../../pod-resources.ts';
import { internalDiff } from '../internal.ts';
import { objectMetaUpdate } from '../metadata.ts';
import { Place } from '../place.ts';
import { isEmpty } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { mirrorAnnotation, podAsIs } from './pod.ts';
import { podAnnotationUpdate } from './pod-update.ts';

/** Changes by a Pod's subresources `ephemeralcontainers` and `resize`. */

const isStatic = (pod: Pod) => pod.metadata?.annotations?.[mirrorAnnotation] !== undefined;

/** Says only that static Pods cannot do this. */
function refuse(at: Place, why: string): void {
  at.errors.length = 0;
  Place.root(at.errors).forbidden(why);
}

export function ephemeralContainersUpdate(pod: Pod, old: Pod, at: Place): void {
  objectMetaUpdate(pod.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
  podAsIs(pod, at);
  podAnnotationUpdate(pod, old, at);
  if (isStatic(old)) return refuse(at, 'static pods do not support ephemeral containers');
  const place = at.child('spec').child('ephemeralContainers');
  const after = new Map<string, EphemeralContainer>(
    pod.spec?.ephemeralContainers?.map((container) => [container.name, container]),
  );
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const container = after.get(before.name);
    const existing = `existing ephemeral containers ${goQuote(before.name)}`;
    if (!container) place.forbidden(`${existing} may not be removed\n`);
    else if (!sameValue(before, container)) {
      const diff = internalDiff('EphemeralContainer', before, container);
      place.forbidden(`${existing} may not be changed\n${diff}`);
    }
  }
}

export function resize(pod: Pod, old: Pod, at: Place): void {
  objectMetaUpdate(pod.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
  podAsIs(pod, at);
  const { spec } = pod;
  const { spec: oldSpec } = old;
  if (isStatic(old)) return refuse(at, 'static pods cannot be resized');
  if (oldSpec.os?.name === 'windows') return refuse(at, 'windows pods cannot be resized');
  const specAt = at.child('spec');
  if ((old.status?.qosClass ?? podQosClass(oldSpec)) !== podQosClass(spec)) {
    specAt.invalid(
      pod.status?.qosClass ?? '',
      'Pod QOS Class may not change as a result of resizing',
    );
  }
  const running = old.status?.containerStatuses?.find(({ state }) => state?.running);
  if (running && !running.resources) {
    specAt.forbidden('Pod running on node without support for resize');
  }
  podLevel(spec, oldSpec, specAt);
  if (!sameOrder(spec, oldSpec, specAt)) return;
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      const place = specAt.child(list).index(index).child('resources');
      keepsAll(container.resources, oldSpec[list]?.[index]?.resources, place, 'resource');
    }
  }
  for (const [index, container] of (spec.containers ?? []).entries()) {
    if (!isOnlyResized(container, oldSpec.containers?.[index])) {
      specAt.forbidden('only cpu and memory resources are mutable');
    }
  }
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    initContainerResize(
      container,
      oldSpec.initContainers?.[index],
      specAt.child('initContainers').index(index),
    );
  }
  if (!sameValue(spec.volumes, oldSpec.volumes)) {
    specAt
      .child('volumes')
      .forbidden(
        'volumes are immutable on resize when InPlacePodVerticalScalingMemoryBackedVolumes feature gate is disabled',
      );
  }
  if (at.errors.length > 0) return;
  const others = (value: PodSpec) => ({
    ...value,
    containers: [],
    initContainers: [],
    resources: {},
  });
  if (!sameValue(others(spec), others(oldSpec))) {
    specAt.forbidden('only cpu and memory resources are mutable');
  }
}

function initContainerResize(container: Container, old: Container | undefined, at: Place): void {
  if (!isOnlyResized(container, old)) {
    at.forbidden('only cpu and memory resources for init or sidecar containers are mutable');
  }
  if (sameValue(container, old) || isSidecar(container)) return;
  for (const { restartPolicy } of container.resizePolicy ?? []) {
    if (restartPolicy === 'RestartContainer') {
      at.forbidden(
        'non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
      );
    }
  }
}

/** Whether nothing but CPU and memory differs. */
function isOnlyResized(container: Container, old: Container | undefined): boolean {
  const without = (value: Container | undefined) => ({
    ...value,
    resources: withoutCpuAndMemory(value?.resources),
  });
  return sameValue(without(container), without(old));
}

function withoutCpuAndMemory(resources: ResourceRequirements = {}): object {
  const rest = (list: Readonly<Record<string, string>> = {}) => {
    const { cpu: _cpu, memory: _memory, ...others } = list;
    return isEmpty(others) ? undefined : others;
  };
  return {
    claims: resources.claims,
    limits: rest(resources.limits),
    requests: rest(resources.requests),
  };
}

function podLevel(spec: PodSpec, oldSpec: PodSpec, at: Place): void {
  const isSet = ({ resources = {} }: PodSpec) =>
    !isEmpty(resources.requests) || !isEmpty(resources.limits);
  if (!isSet(spec) && !isSet(oldSpec)) return;
  if (oldSpec.resources && !spec.resources) {
    at.child('resources').forbidden('pod-level resources cannot be removed');
    return;
  }
  keepsAll(spec.resources, oldSpec.resources, at.child('resources'), 'pod-level resource');
  const others = (value: PodSpec) => withoutCpuAndMemory(value.resources);
  if (!sameValue(others(spec), others(oldSpec))) {
    at.forbidden('only cpu and memory resources are mutable at pod-level');
  }
}

/** What is requested or limited may get another size, but has to stay. */
function keepsAll(
  resources: ResourceRequirements = {},
  old: ResourceRequirements = {},
  at: Place,
  what: string,
): void {
  for (const list of ['requests', 'limits'] as const) {
    const names = resources[list] ?? {};
    if (Object.keys(old[list] ?? {}).some((name) => names[name] === undefined)) {
      at.child(list).forbidden(`${what} ${list} cannot be removed`);
    }
  }
}

function sameOrder(spec: PodSpec, oldSpec: PodSpec, at: Place): boolean {
  const before = at.errors.length;
  for (const list of ['containers', 'initContainers'] as const) {
    const names = (spec[list] ?? []).map(({ name }) => name);
    const oldNames = (oldSpec[list] ?? []).map(({ name }) => name);
    const place = at.child(list);
    if (names.length !== oldNames.length) {
      place.forbidden(`${list} may not be added or removed on resize`);
      continue;
    }
    for (const [index, name] of names.entries()) {
      if (name !== oldNames[index]) {
        place
          .index(index)
          .child('name')
          .forbidden(`${list} may not be renamed or reordered on resize`);
      }
    }
  }
  return at.errors.length === before;
}
