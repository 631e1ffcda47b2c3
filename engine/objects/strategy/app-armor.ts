import type { AppArmorProfile, Container, PodSpec } from '../generated/core-v1.generated.ts';
import { sameValue } from '../validation/same-value.ts';

export const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';

/** The profile that an annotation's value names, if it names one. */
export function profileOfAnnotation(value: string): AppArmorProfile | undefined {
  if (value === 'unconfined') return { type: 'Unconfined' };
  if (value === 'runtime/default') return { type: 'RuntimeDefault' };
  const name = /^localhost\/(.+)$/s.exec(value)?.[1];
  const isValid = name !== undefined && name === name.trim() && name.length <= 4095;
  return isValid ? { type: 'Localhost', localhostProfile: name } : undefined;
}

/** Annotations that name AppArmor profiles become fields of the containers. */
export function appArmorFields(
  spec: PodSpec,
  annotations: Readonly<Record<string, string>> = {},
): PodSpec {
  if (spec.os?.name === 'windows') return spec;
  if (!Object.keys(annotations).some((key) => key.startsWith(appArmorAnnotation))) return spec;
  const fill = <T extends Pick<Container, 'name' | 'securityContext'>>(container: T): T => {
    const annotation = annotations[appArmorAnnotation + container.name];
    if (annotation === undefined || container.securityContext?.appArmorProfile) return container;
    const profile = profileOfAnnotation(annotation);
    if (!profile || sameValue(profile, spec.securityContext?.appArmorProfile)) return container;
    return {
      ...container,
      securityContext: { ...container.securityContext, appArmorProfile: profile },
    };
  };
  return {
    ...spec,
    containers: (spec.containers ?? []).map(fill),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(fill) } : {}),
  };
}
