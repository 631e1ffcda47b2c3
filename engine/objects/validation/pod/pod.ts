import type { Pod, PodTemplateSpec } from '../../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../generated/meta-v1.generated.ts';
import { annotations, objectMeta, subdomainName } from '../metadata.ts';
import { labels } from '../label-selector.ts';
import type { Place } from '../place.ts';
import { nonNegative } from '../rules.ts';
import { imageWithoutSpace } from './containers.ts';
import { podSpec } from './pod-spec.ts';
import {
  appArmorAnnotationsMatch,
  profileAnnotations,
  seccompAnnotationsMatch,
} from './profile-annotations.ts';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/** Annotations that mean something to Pods. */
export function podAnnotations(
  meta: ObjectMeta,
  at: Place,
  spec: Pod['spec'] = { containers: [] },
): void {
  const map = meta.annotations;
  if (!map) return;
  const mirror = map[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    at.key(mirrorAnnotation).invalid(
      mirror,
      'must set spec.nodeName if mirror pod annotation is set',
    );
  }
  const cost = map[deletionCost];
  if (cost !== undefined && !isInt32(cost)) {
    at.key(deletionCost).invalid(cost, 'must be a 32bit integer');
  }
  profileAnnotations(map, at, spec);
}

/** Written without a plus sign or leading zeros. */
function isInt32(text: string): boolean {
  const number = Number(text);
  return /^(0|-?[1-9]\d*)$/.test(text) && number >= -(2 ** 31) && number < 2 ** 31;
}

const noSpec: NonNullable<Pod['spec']> = { containers: [] };

/** A Pod as it stands, new or changed. */
export function podAsIs(pod: Pod, at: Place): void {
  const { metadata: meta, spec } = pod;
  const metaAt = at.child('metadata');
  const specAt = at.child('spec');
  objectMeta(meta, metaAt, { namespaced: true, nameRule: subdomainName });
  podAnnotations(meta, metaAt.child('annotations'), spec);
  podSpec(spec, specAt, meta);
  if (!spec.serviceAccountName) noTokens(spec, specAt.child('volumes'));
  nonNegative(spec.terminationGracePeriodSeconds, specAt.child('terminationGracePeriodSeconds'));
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      imageWithoutSpace(container, specAt.child(list).index(index));
    }
  }
}

function noTokens(spec: NonNullable<Pod['spec']>, at: Place): void {
  for (const [index, { projected }] of (spec.volumes ?? []).entries()) {
    const sources = at.index(index).child('projected').child('sources');
    for (const [position, source] of (projected?.sources ?? []).entries()) {
      if (!source.serviceAccountToken) continue;
      sources
        .index(position)
        .child('serviceAccountToken')
        .forbidden('must not be specified when serviceAccountName is not set');
    }
  }
}

export function podCreation(pod: Pod, at: Place): void {
  podAsIs(pod, at);
  const { metadata: meta, spec } = pod;
  const specAt = at.child('spec');
  if (spec.ephemeralContainers?.length) {
    specAt.child('ephemeralContainers').forbidden('cannot be set on create');
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    specAt.child('nodeName').forbidden('cannot be set until all schedulingGates have been cleared');
  }
  seccompAnnotationsMatch(meta, spec, specAt);
  appArmorAnnotationsMatch(meta, spec, specAt);
}

/** The template of Pods that a controller makes. */
export function podTemplateSpec(template: PodTemplateSpec, at: Place): void {
  const { metadata: meta = {}, spec = noSpec } = template;
  const specAt = at.child('spec');
  labels(meta.labels, at.child('labels'));
  annotations(meta.annotations, at.child('annotations'));
  podAnnotations(meta, at.child('annotations'), spec);
  podSpec(spec, specAt, undefined);
  seccompAnnotationsMatch(meta, spec, specAt);
  appArmorAnnotationsMatch(meta, spec, specAt);
  if (spec.ephemeralContainers?.length) {
    specAt
      .child('ephemeralContainers')
      .forbidden('ephemeral containers not allowed in pod template');
  }
}
