import type {
  PodSecurityContext,
  PodSpec,
  SecurityContext,
} from '../../generated/core-v1.generated.ts';
import type { Place } from '../place.ts';
import { isEmpty } from '../rules.ts';
import { podContainers } from './pod-containers.ts';

/** What makes no sense on the operating system a Pod says it is for. */
export function podOs(spec: PodSpec, at: Place): void {
  const { os } = spec;
  if (!os) return;
  const place = at.child('os');
  if (!os.name) place.child('name').required();
  else if (os.name === 'linux') linux(spec, at);
  else if (os.name === 'windows') windows(spec, at);
  else place.notSupported(os.name, ['linux', 'windows']);
}

function linux(spec: PodSpec, at: Place): void {
  const forbid = (context: PodSecurityContext | SecurityContext | undefined, place: Place) => {
    if (context?.windowsOptions) {
      place
        .child('securityContext')
        .child('windowsOptions')
        .forbidden('windows options cannot be set for a linux pod');
    }
  };
  forbid(spec.securityContext, at);
  for (const { container, place } of podContainers(spec, at)) {
    forbid(container.securityContext, place);
  }
}

const linuxPodContext = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const linuxPod = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;
const linuxContext = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

function windows(spec: PodSpec, at: Place): void {
  const forbid = <T extends object>(
    value: T | undefined,
    names: readonly (keyof T & string)[],
    place: Place,
  ) => {
    for (const name of names) {
      const field = value?.[name];
      const isUnset = field === undefined || (Array.isArray(field) && isEmpty(field));
      if (!isUnset) place.child(name).forbidden('cannot be set for a windows pod');
    }
  };
  forbid(spec.securityContext, linuxPodContext, at.child('securityContext'));
  forbid(spec, linuxPod, at);
  for (const { container, place } of podContainers(spec, at)) {
    forbid(container.securityContext, linuxContext, place.child('securityContext'));
  }
}

/** Containers that run as processes of a Windows host: all of a Pod or none. */
export function hostProcessPod(spec: PodSpec, at: Place): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const all = podContainers(spec, at);
  let count = 0;
  for (const { container, place } of all) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      place
        .child('securityContext')
        .child('windowsOptions')
        .child('hostProcess')
        .invalid(
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        );
    }
    if (own ?? ofPod) count++;
  }
  if (count === 0) return;
  if (count !== all.length) {
    at.invalid(
      '',
      'If pod contains any hostProcess containers then all containers must be HostProcess containers',
    );
  }
  if (!spec.hostNetwork) {
    at.child('hostNetwork').invalid(
      false,
      'hostNetwork must be true if pod contains any hostProcess containers',
    );
  }
}
