import type {
  AppArmorProfile,
  Container,
  PodSpec,
  SeccompProfile,
} from '../../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../generated/meta-v1.generated.ts';
import { goQuote } from '../../go-text.ts';
import { relativePath } from '../paths.ts';
import type { Place } from '../place.ts';
import { podContainers } from './pod-containers.ts';

/** Annotations that named seccomp and AppArmor profiles before there were fields for them. */

const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
export const appArmorOfContainer = 'container.apparmor.security.beta.kubernetes.io/';

type Annotations = Readonly<Record<string, string>>;

export function profileAnnotations(annotations: Annotations, at: Place, spec: PodSpec): void {
  const ofPod = annotations[seccompOfPod];
  if (ofPod !== undefined) seccompName(ofPod, at.child(seccompOfPod));
  for (const [key, profile] of Object.entries(annotations)) {
    if (key.startsWith(seccompOfContainer)) seccompName(profile, at.child(key));
  }
  for (const [key, profile] of Object.entries(annotations)) {
    if (!key.startsWith(appArmorOfContainer)) continue;
    const name = key.slice(appArmorOfContainer.length);
    if (!podContainers(spec).some(({ container }) => container.name === name)) {
      at.key(key).invalid(name, 'container not found');
    }
    if (!['', 'runtime/default', 'unconfined'].includes(profile) && !isLocalhost(profile)) {
      at.key(key).invalid(profile, `invalid AppArmor profile name: ${goQuote(profile)}`);
    }
  }
}

const isLocalhost = (profile: string) => profile.startsWith('localhost/');

function seccompName(profile: string, at: Place): void {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return;
  if (isLocalhost(profile)) relativePath(profile.slice('localhost/'.length), at);
  else at.invalid(profile, 'must be a valid seccomp profile');
}

/** Annotation and field of one profile have to say the same. */
function sameProfile(
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  at: Place,
  sort: 'seccomp' | 'apparmor',
): void {
  if (annotation === undefined || !profile) return;
  const expected = { Unconfined: 'unconfined', RuntimeDefault: 'runtime/default', Localhost: '' }[
    profile.type
  ];
  const isSameType =
    profile.type === 'Localhost'
      ? isLocalhost(annotation)
      : expected === undefined ||
        annotation === expected ||
        (sort === 'seccomp' &&
          profile.type === 'RuntimeDefault' &&
          annotation === 'docker/default');
  if (!isSameType) {
    at.child('type').forbidden(`${sort} type in annotation and field must match`);
  } else if (
    profile.type === 'Localhost' &&
    annotation !== `localhost/${profile.localhostProfile ?? ''}`
  ) {
    at.child('localhostProfile').forbidden(`${sort} profile in annotation and field must match`);
  }
}

export function seccompAnnotationsMatch(meta: ObjectMeta, spec: PodSpec, at: Place): void {
  const annotations = meta.annotations ?? {};
  sameProfile(
    annotations[seccompOfPod],
    spec.securityContext?.seccompProfile,
    at.child('securityContext').child('seccompProfile'),
    'seccomp',
  );
  for (const { container, place } of podContainers(spec, at)) {
    sameProfile(
      annotations[seccompOfContainer + container.name],
      container.securityContext?.seccompProfile,
      place.child('securityContext').child('seccompProfile'),
      'seccomp',
    );
  }
}

export function appArmorAnnotationsMatch(meta: ObjectMeta, spec: PodSpec, at: Place): void {
  if (spec.os?.name === 'windows') return;
  const annotations = meta.annotations ?? {};
  for (const { container, place } of podContainers(spec, at)) {
    sameProfile(
      annotations[appArmorOfContainer + container.name],
      appArmorProfileOf(spec, container),
      place.child('securityContext').child('appArmorProfile'),
      'apparmor',
    );
  }
}

const appArmorProfileOf = (spec: PodSpec, container: Container) =>
  container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
