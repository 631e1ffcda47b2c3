import type { Container, VolumeDevice, VolumeMount } from '../../generated/core-v1.generated.ts';
import { relativePath } from '../paths.ts';
import type { Place } from '../place.ts';
import { optionalEnum, required, Seen } from '../rules.ts';
import type { VolumesByName } from './volumes.ts';

/** Volumes in a container: mounted as file systems or given as raw devices. */

const propagation = optionalEnum('Bidirectional', 'HostToContainer', 'None');

export function volumeMounts(container: Container, at: Place, volumes: VolumesByName): void {
  const devices = container.volumeDevices ?? [];
  const paths = new Seen();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const place = at.index(index);
    const { name, mountPath } = mount;
    required()(name, place.child('name'));
    if (!volumes.has(name)) place.child('name').notFound(name);
    required()(mountPath, place.child('mountPath'));
    if (!paths.add(mountPath)) place.child('mountPath').invalid(mountPath, 'must be unique');
    if (devices.some((device) => device.name === name)) {
      place.child('name').invalid(name, 'must not already exist in volumeDevices');
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      place
        .child('mountPath')
        .invalid(mountPath, 'must not already exist as a path in volumeDevices');
    }
    // Upstream reports these at the list of mounts, not at the mount.
    if (mount.subPath) relativePath(mount.subPath, at.child('subPath'));
    if (mount.subPathExpr) {
      if (mount.subPath) {
        place
          .child('subPathExpr')
          .invalid(mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive');
      }
      relativePath(mount.subPathExpr, at.child('subPathExpr'));
    }
    mountPropagation(mount, at.child('mountPropagation'), container);
    recursiveReadOnly(mount, at.child('recursiveReadOnly'));
  }
}

function mountPropagation(mount: VolumeMount, at: Place, container: Container): void {
  propagation(mount.mountPropagation, at);
  if (mount.mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
    at.forbidden('Bidirectional mount propagation is available only to privileged containers');
  }
}

function recursiveReadOnly(mount: VolumeMount, at: Place): void {
  const { recursiveReadOnly: mode, mountPropagation: propagated = 'None' } = mount;
  if (mode === undefined || mode === 'Disabled') return;
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    at.notSupported(mode, ['Disabled', 'Enabled', 'IfPossible']);
    return;
  }
  if (!mount.readOnly) at.forbidden('may only be specified when readOnly is true');
  if (propagated !== 'None') {
    at.forbidden('may only be specified when mountPropagation is None or not specified');
  }
}

export function volumeDevices(
  devices: readonly VolumeDevice[] = [],
  at: Place,
  volumes: VolumesByName,
  mounts: readonly VolumeMount[] = [],
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, { name, devicePath }] of devices.entries()) {
    const nameAt = at.index(index).child('name');
    const pathAt = at.index(index).child('devicePath');
    const volume = volumes.get(name);
    required()(name, nameAt);
    if (names.has(name)) nameAt.invalid(name, 'must be unique');
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      nameAt.invalid(
        name,
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      );
    }
    if (!volume) nameAt.notFound(name);
    required()(devicePath, pathAt);
    if (paths.has(devicePath)) pathAt.invalid(devicePath, 'must be unique');
    if (devicePath?.split('/').includes('..')) {
      pathAt.invalid(devicePath, "can not contain backsteps ('..')");
    } else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) {
      nameAt.invalid(name, 'must not already exist in volumeMounts');
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      pathAt.invalid(devicePath, 'must not already exist as a path in volumeMounts');
    }
    if (name) names.add(name);
  }
}
