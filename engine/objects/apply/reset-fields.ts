import { FieldSet } from './field-set.ts';
import type { FieldFilter } from './ownership.ts';
import { fieldElement } from './path-element.ts';

/** Kinds whose status endpoint leaves metadata alone too. */
const statusLeavesMetadata = new Set([
  'APIService',
  'CSINode',
  'DeviceTaintRule',
  'FlowSchema',
  'PodCertificateRequest',
  'PriorityLevelConfiguration',
  'ResourceClaim',
  'ServiceCIDR',
  'StorageVersionMigration',
  'ValidatingAdmissionPolicy',
  'VolumeAttachment',
]);

/** `kind/subresource` whose endpoint leaves other fields alone than the rule below says. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'CertificateSigningRequest/': ['spec', 'status'],
  'CertificateSigningRequest/status': ['spec', 'status.conditions'],
  'CertificateSigningRequest/approval': ['spec', 'status.certificate'],
  'Deployment/status': ['spec', 'metadata.labels'],
  'Namespace/finalize': ['status'],
  'Pod/status': ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
};

/** Endpoints that let only these fields through; `*` stands for any item. */
const onlyThese: Readonly<Record<string, readonly string[]>> = {
  'Pod/ephemeralcontainers': ['spec.ephemeralContainers'],
  'Pod/resize': [
    'spec.containers.*.resources',
    'spec.containers.*.resizePolicy',
    'spec.initContainers.*.resources',
    'spec.initContainers.*.resizePolicy',
  ],
};

/**
 * What of a write nobody comes to own because the endpoint does not let it through: `status` on a
 * resource that has a status subresource, `spec` on that subresource (each registry strategy's
 * `GetResetFields`).
 */
export function resetFields(kind: string, subresource: string, hasStatus: boolean): FieldFilter {
  const endpoint = `${kind}/${subresource}`;
  const only = onlyThese[endpoint]?.map(toPath);
  if (only !== undefined) return (set) => set.matching(only);
  const paths = exceptions[endpoint] ?? byRule(kind, subresource, hasStatus);
  if (paths.length === 0) return (set) => set;
  const excluded = FieldSet.of(...paths.map(toPath));
  return (set) => set.recursiveDifference(excluded);
}

/** The same for a custom resource. */
export function customResetFields(subresource: string, hasStatus: boolean): FieldFilter {
  const paths =
    subresource === 'status' ? ['metadata', 'spec'] : byRule('', subresource, hasStatus);
  const excluded = FieldSet.of(...paths.map(toPath));
  return (set) => set.recursiveDifference(excluded);
}

function byRule(kind: string, subresource: string, hasStatus: boolean): readonly string[] {
  if (subresource === 'status')
    return statusLeavesMetadata.has(kind) ? ['spec', 'metadata'] : ['spec'];
  return subresource === '' && hasStatus ? ['status'] : [];
}

function toPath(text: string): readonly string[] {
  return text.split('.').map((name) => (name === '*' ? name : fieldElement(name)));
}
