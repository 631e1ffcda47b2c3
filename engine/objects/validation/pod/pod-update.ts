import type {
  Affinity,
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  Toleration,
} from '../../generated/core-v1.generated.ts';
import { asInternal, internalDiff } from '../internal.ts';
import { objectMetaUpdate } from '../metadata.ts';
import type { Place } from '../place.ts';
import { inclusiveRange } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { imageWithoutSpace } from './containers.ts';
import { mirrorAnnotation, podAnnotations, podAsIs } from './pod.ts';
import { appArmorOfContainer } from './profile-annotations.ts';
import { tolerations as validTolerations } from './scheduling.ts';

/** What may change of a Pod that exists: images, a few numbers, and more as long as it is gated. */

const longestDeadline = 2 ** 31 - 1;

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function podUpdate(pod: Pod, old: Pod, at: Place): void {
  objectMetaUpdate(pod.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
  podAsIs(pod, at);
  podAnnotationUpdate(pod, old, at);
  const { spec } = pod;
  const { spec: oldSpec } = old;
  const specAt = at.child('spec');
  for (const list of ['containers', 'initContainers'] as const) {
    if (!sameContainers(spec[list], oldSpec[list], specAt.child(list))) return;
  }
  if (!deadline(spec, oldSpec, specAt.child('activeDeadlineSeconds'))) return;
  onlyMoreTolerations(spec.tolerations, oldSpec.tolerations, specAt.child('tolerations'));
  onlyFewerGates(spec, oldSpec, specAt.child('schedulingGates'));
  const unchangeable = withoutChangeable(spec, oldSpec, specAt);
  if (!sameValue(unchangeable, oldSpec)) {
    specAt.forbidden(
      `pod updates may not change fields other than ${changeable}\n${internalDiff('PodSpec', oldSpec, unchangeable)}`,
    );
  }
}

/** Annotations that take effect only when a Pod is made. */
export function podAnnotationUpdate(pod: Pod, old: Pod, at: Place): void {
  const place = at.child('metadata').child('annotations');
  const after = pod.metadata?.annotations ?? {};
  const before = old.metadata?.annotations ?? {};
  for (const key of Object.keys(before)) {
    if (after[key] === before[key]) continue;
    if (key.startsWith(appArmorOfContainer)) {
      place.key(key).forbidden('may not remove or update AppArmor annotations');
    }
    if (key === mirrorAnnotation) {
      place.key(key).forbidden('may not remove or update mirror pod annotation');
    }
  }
  for (const key of Object.keys(after)) {
    if (before[key] !== undefined) continue;
    if (key.startsWith(appArmorOfContainer)) {
      place.key(key).forbidden('may not add AppArmor annotations');
    }
    if (key === mirrorAnnotation) place.key(key).forbidden('may not add mirror pod annotation');
  }
  podAnnotations(pod.metadata ?? {}, place, pod.spec);
}

/** Whether there are as many containers as before; if not, nothing else is worth saying. */
function sameContainers(
  list: readonly Container[] | null | undefined,
  old: readonly Container[] | null | undefined,
  at: Place,
): boolean {
  if ((list?.length ?? 0) !== (old?.length ?? 0)) {
    at.forbidden('pod updates may not add or remove containers');
    return false;
  }
  for (const [index, container] of (list ?? []).entries()) {
    if (!container.image) at.index(index).child('image').required();
    imageWithoutSpace(container, at.index(index));
  }
  return true;
}

function deadline(spec: PodSpec, oldSpec: PodSpec, at: Place): boolean {
  const { activeDeadlineSeconds: seconds } = spec;
  const { activeDeadlineSeconds: before } = oldSpec;
  if (seconds === undefined) {
    if (before !== undefined) {
      at.invalid(null, 'must not update from a positive integer to nil value');
    }
    return true;
  }
  if (seconds < 0 || seconds > longestDeadline) {
    at.invalid(seconds, inclusiveRange(0, longestDeadline));
    return false;
  }
  if (before !== undefined && before < seconds) {
    at.invalid(seconds, 'must be less than or equal to previous value');
    return false;
  }
  return true;
}

function onlyMoreTolerations(
  list: readonly Toleration[] = [],
  old: readonly Toleration[] = [],
  at: Place,
): void {
  const isKept = ({ tolerationSeconds: _seconds, ...before }: Toleration) =>
    list.some(({ tolerationSeconds: _other, ...other }) => sameValue(other, before));
  if (!old.every(isKept)) {
    at.forbidden('existing toleration can not be modified except its tolerationSeconds');
  } else validTolerations(list, at);
}

function onlyFewerGates(spec: PodSpec, oldSpec: PodSpec, at: Place): void {
  const before = new Set((oldSpec.schedulingGates ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec.schedulingGates ?? []).entries()) {
    if (before.has(name)) continue;
    at.index(index)
      .child('name')
      .forbidden(`only deletion is allowed, but found new scheduling gate '${name}'`);
  }
}

/** The new specification with all that may change put back to what it was. */
function withoutChangeable(spec: PodSpec, oldSpec: PodSpec, at: Place): PodSpec {
  const oldImages = (list: 'containers' | 'initContainers') =>
    spec[list]?.map((container, index) => {
      const { image: _, ...rest } = container;
      const image = oldSpec[list]?.[index]?.image;
      return image === undefined ? rest : { ...rest, image };
    });
  const put: Record<string, unknown> = {
    ...spec,
    containers: oldImages('containers'),
    initContainers: oldImages('initContainers'),
    activeDeadlineSeconds: oldSpec.activeDeadlineSeconds,
    schedulingGates: oldSpec.schedulingGates,
    tolerations: oldSpec.tolerations,
  };
  if (
    (oldSpec.terminationGracePeriodSeconds ?? 0) < 0 &&
    spec.terminationGracePeriodSeconds === 1
  ) {
    put['terminationGracePeriodSeconds'] = oldSpec.terminationGracePeriodSeconds;
  }
  if (oldSpec.schedulingGates?.length) {
    narrowedSelector(spec, oldSpec, at.child('nodeSelector'));
    put['nodeSelector'] = oldSpec.nodeSelector;
    put['affinity'] = narrowedAffinity(spec.affinity, oldSpec.affinity, at);
  }
  return put as unknown as PodSpec;
}

function narrowedSelector(spec: PodSpec, oldSpec: PodSpec, at: Place): void {
  const { nodeSelector = {} } = spec;
  const isKept = Object.entries(oldSpec.nodeSelector ?? {}).every(
    ([key, value]) => nodeSelector[key] === value,
  );
  if (isKept) return;
  at.invalid(
    nodeSelector,
    'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
  );
}

/** The affinity with its node part as it was; only that part may be narrowed. */
function narrowedAffinity(
  affinity: Affinity | undefined,
  old: Affinity | undefined,
  at: Place,
): Affinity | undefined {
  if (sameValue(affinity?.nodeAffinity, old?.nodeAffinity)) return affinity;
  narrowedTerms(
    affinity?.nodeAffinity,
    old?.nodeAffinity,
    at.child('affinity').child('nodeAffinity'),
  );
  const { nodeAffinity: _, ...rest } = affinity ?? {};
  if (!old && sameValue(rest, {})) return undefined;
  return old?.nodeAffinity ? { ...rest, nodeAffinity: old.nodeAffinity } : rest;
}

function narrowedTerms(
  affinity: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
  at: Place,
): void {
  const oldTerms = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const place = at
    .child('requiredDuringSchedulingIgnoredDuringExecution')
    .child('nodeSelectorTerms');
  if (oldTerms.length === 0) return;
  if (oldTerms.length !== terms.length) {
    place.invalid(
      asInternal('NodeSelectorTerm', terms),
      'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
    );
    return;
  }
  for (const [index, term] of terms.entries()) {
    if (!hasOnlyAdditions(term, oldTerms[index] ?? {})) {
      place
        .index(index)
        .invalid(
          asInternal('NodeSelectorTerm', term),
          'only additions are allowed (no mutations or deletions)',
        );
    }
  }
}

function hasOnlyAdditions(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const parts = ['matchExpressions', 'matchFields'] as const;
  // An empty term selects nothing, so that any requirement would widen it.
  if (parts.every((part) => !old[part]?.length)) return parts.every((part) => !term[part]?.length);
  return parts.every((part) => {
    const before = old[part] ?? [];
    return sameValue(term[part]?.slice(0, before.length) ?? [], before);
  });
}
