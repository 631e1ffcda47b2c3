import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../generated/core-v1.generated.ts';
import { asInternal } from '../internal.ts';
import { labelSelector } from '../label-selector.ts';
import { domainPrefixedKeys } from '../metadata.ts';
import { unreservedPath } from '../paths.ts';
import type { Place } from '../place.ts';
import { each, fields, isEmpty, optional, required, Seen, type Rule } from '../rules.ts';
import {
  isClusterTrustBundleName,
  isKubernetesSigner,
  signerName,
  signerOfBundle,
} from '../signer-name.ts';
import { resourceFieldSelector, volumeFieldSelector } from './field-selectors.ts';
import { fileMode } from './volume-sources.ts';

/** Volumes made of files from elsewhere: keys of Secrets and ConfigMaps, the downward API, tokens. */

const filePath: Rule<string | undefined> = (path, at) => {
  required()(path, at);
  unreservedPath(path, at);
};

export const keyToPath = fields<KeyToPath>({ key: required(), path: filePath, mode: fileMode });

export const downwardApiFile: Rule<DownwardAPIVolumeFile> = (file, at) => {
  filePath(file.path, at.child('path'));
  if (file.fieldRef) {
    volumeFieldSelector(file.fieldRef, at.child('fieldRef'));
    if (file.resourceFieldRef) {
      at.invalid('resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
    }
  } else if (file.resourceFieldRef) {
    resourceFieldSelector(file.resourceFieldRef, at.child('resourceFieldRef'), 'volume');
  } else {
    at.required('one of fieldRef and resourceFieldRef is required');
  }
  fileMode(file.mode, at.child('mode'));
};

/** Files of all sources share one directory. */
type TakePath = (path: string | undefined, reported?: string) => void;

export const projected: Rule<ProjectedVolumeSource> = ({ defaultMode, sources }, at) => {
  fileMode(defaultMode, at.child('defaultMode'));
  const paths = new Seen();
  const take: TakePath = (path, reported = path) => {
    if (path && !paths.add(path)) at.invalid(reported ?? '', 'conflicting duplicate paths');
  };
  each<VolumeProjection>((source, place) => projection(source, place, take, at))(
    sources,
    at.child('sources'),
  );
};

function projection(source: VolumeProjection, at: Place, take: TakePath, volume: Place): void {
  const keys = (name: 'secret' | 'configMap') => {
    const from = source[name];
    if (!from) return;
    required()(from.name, at.child(name).child('name'));
    each<KeyToPath>((item, place) => {
      keyToPath(item, place);
      take(item.path, from.name ?? '');
    })(from.items, at.child(name).child('items'));
  };
  keys('secret');
  keys('configMap');
  for (const file of source.downwardAPI?.items ?? []) {
    downwardApiFile(file, at.child('downwardAPI'));
    take(file.path);
  }
  if (source.serviceAccountToken) {
    token(source.serviceAccountToken, at.child('serviceAccountToken'), volume);
  }
  if (source.clusterTrustBundle) {
    trustBundle(source.clusterTrustBundle, at.child('clusterTrustBundle'));
    // An empty path is a path here.
    const { path } = source.clusterTrustBundle;
    take(path || '.', path);
  }
  if (source.podCertificate) {
    certificate(source.podCertificate, at.child('podCertificate'), take);
  }
  const count = Object.values(source).filter((member) => member !== undefined).length;
  if (count > 1) at.forbidden('may not specify more than 1 volume type per source');
}

function token(source: ServiceAccountTokenProjection, at: Place, volume: Place): void {
  const { expirationSeconds: seconds } = source;
  const lifetime = at.child('expirationSeconds');
  if (seconds === undefined) lifetime.required();
  else if (seconds < 600)
    lifetime.invalid(seconds, 'may not specify a duration less than 10 minutes');
  else if (seconds > 2 ** 32) {
    lifetime.invalid(seconds, 'may not specify a duration larger than 2^32 seconds');
  }
  // Upstream reports the path at the volume, not at the source.
  if (source.path) unreservedPath(source.path, volume.child('path'));
  else volume.child('path').required();
}

function trustBundle(source: ClusterTrustBundleProjection, at: Place): void {
  const { name, signerName: signer, labelSelector: selector } = source;
  if (name !== undefined && signer !== undefined) {
    at.invalid(
      asInternal('ClusterTrustBundleProjection', source),
      'only one of name and signerName may be used',
    );
  } else if (name !== undefined) {
    const place = at.child('name');
    if (name === '') place.required('must be a valid object name');
    for (const message of isClusterTrustBundleName(name, signerOfBundle(name))) {
      place.invalid(name, `not a valid clustertrustbundlename: ${message}`);
    }
    if (selector !== undefined) {
      at.child('labelSelector').invalid(
        selector,
        'labelSelector must be unset if name is specified',
      );
    }
  } else if (signer !== undefined) {
    if (signer === '') at.child('signerName').required('must be a valid signer name');
    signerName(signer, at.child('signerName'));
    labelSelector(selector, at.child('labelSelector'));
  } else {
    at.required('either name or signerName must be specified');
  }
  filePath(source.path, at.child('path'));
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];

/** Seconds: 91 days, and one day for signers of the Kubernetes project. */
const maxCertificateLifetime = 7_862_400;
const maxKubernetesCertificateLifetime = 86_400;

function certificate(source: PodCertificateProjection, at: Place, take: TakePath): void {
  signerName(source.signerName, at.child('signerName'));
  optional(domainPrefixedKeys)(source.userAnnotations, at.child('userAnnotations'));
  if (!keyTypes.includes(source.keyType)) {
    at.child('keyType').notSupported(source.keyType, keyTypes);
  }
  const { maxExpirationSeconds: lifetime } = source;
  if (lifetime !== undefined) {
    const place = at.child('maxExpirationSeconds');
    const maximum = isKubernetesSigner(source.signerName)
      ? maxKubernetesCertificateLifetime
      : maxCertificateLifetime;
    if (lifetime < 3600)
      place.invalid(lifetime, 'if provided, maxExpirationSeconds must be >= 3600');
    if (lifetime > maximum) {
      place.invalid(lifetime, `if provided, maxExpirationSeconds must be <= ${maximum}`);
    }
  }
  const files = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;
  for (const name of files) {
    const path = source[name];
    if (!path) continue;
    unreservedPath(path, at.child(name));
    take(path);
  }
  if (files.every((name) => isEmpty(source[name]))) {
    at.required('specify at least one of credentialBundlePath, keyPath, and certificateChainPath');
  }
}
