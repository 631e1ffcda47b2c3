import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeError,
} from '../../generated/storage-v1.generated.ts';
import { isCaselessDns1123Subdomain, isDns1123Subdomain } from '../../names.ts';
import { persistentVolumeSpec } from '../core/persistent-volume.ts';
import { immutable, plainKind } from '../kind-validation.ts';
import { subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { between, byteLength, optional, valid } from '../rules.ts';

const longestDriver = 63;

function attacher(name: string | undefined, at: Place): void {
  if (!name) return at.required();
  if (byteLength(name) > longestDriver) at.tooLong(longestDriver);
  at.invalidEach(name, isCaselessDns1123Subdomain(name));
}

function source({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, at: Place) {
  const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  const isNamed = persistentVolumeName !== undefined;
  if (!inlineVolumeSpec && !isNamed) at.required(exactlyOne);
  else if (inlineVolumeSpec && isNamed) at.forbidden(exactlyOne);
  else if (persistentVolumeName === '') {
    at.child('persistentVolumeName').required('must specify non empty persistentVolumeName');
  } else if (inlineVolumeSpec) {
    persistentVolumeSpec(inlineVolumeSpec, at.child('inlineVolumeSpec'), '', true);
  }
}

const largestMetadata = 256 * 1024;
const longestMessage = 1024;

function volumeError({ message = '', errorCode }: VolumeError, at: Place): void {
  if (byteLength(message) > longestMessage) at.child('message').tooLong(longestMessage);
  between(0, 2 ** 31 - 1)(errorCode, at.child('errorCode'));
}

const attachment = plainKind<VolumeAttachment>({
  namespaced: false,
  nameRule: subdomainName,
  rules: ({ spec, status }, root) => {
    const at = root.child('spec');
    attacher(spec.attacher, at.child('attacher').declared);
    source(spec.source, at.child('source'));
    valid(isDns1123Subdomain)(spec.nodeName, at.child('nodeName'));
    const statusAt = root.child('status');
    const size = Object.entries(status?.attachmentMetadata ?? {}).reduce(
      (sum, [key, value]) => sum + byteLength(key) + byteLength(value),
      0,
    );
    if (size > largestMetadata) statusAt.child('attachmentMetadata').tooLong(largestMetadata);
    optional(volumeError)(status?.attachError, statusAt.child('attachError'));
    optional(volumeError)(status?.detachError, statusAt.child('detachError'));
    const { persistentVolumeName: name } = spec.source;
    optional(valid(isDns1123Subdomain))(name, at.child('source').child('persistentVolumeName'));
  },
  update: ({ spec }, old, at) => immutable(spec, old.spec, at.child('spec').declared, null),
});

export const volumeAttachment: typeof attachment = {
  ...attachment,
  subresources: { status: attachment.update },
};
