import type { Condition } from '../generated/meta-v1.generated.ts';
import type {
  StorageVersionMigration,
  StorageVersionMigrationSpec,
} from '../generated/storagemigration-v1.generated.ts';
import { isDns1035Label, isDns1123Subdomain } from '../names.ts';
import { conditions } from './conditions.ts';
import { plainKind } from './kind-validation.ts';
import { objectMetaUpdate, subdomainName } from './metadata.ts';
import type { Place } from './place.ts';
import { sameValue } from './same-value.ts';

/** Rewrites of stored objects in another version. */

function migrationSpec({ resource: { resource, group } }: StorageVersionMigrationSpec, at: Place) {
  const place = at.child('resource');
  const name = isDns1035Label(resource);
  if (resource === '') place.child('resource').required('resource is required to be set');
  else if (name.length > 0) place.child('resource').invalid(resource, name.join(','));
  const domain = group === '' ? [] : isDns1123Subdomain(group);
  if (domain.length > 0) place.child('group').invalid(group, domain.join(','));
}

const holds = (list: readonly Condition[] | undefined, name: string) =>
  list?.some(({ type, status }) => type === name && status === 'True') ?? false;

export const storageVersionMigration = plainKind<StorageVersionMigration>({
  namespaced: false,
  nameRule: subdomainName,
  rules: ({ spec }, at) => migrationSpec(spec, at.child('spec')),
  update: ({ spec: { resource } }, old, at) => {
    if (sameValue(resource, old.spec.resource)) return;
    at.child('spec').invalid({ Resource: resource }, 'field is immutable');
  },
  subresources: {
    status: ({ metadata, status = {} }, { metadata: oldMetadata, status: old = {} }, root) => {
      objectMetaUpdate(metadata, oldMetadata, root.child('metadata'));
      const at = root.child('status');
      const { resourceVersion = '' } = status;
      const versionAt = at.child('resourceVersion');
      const place = at.child('conditions');
      if (resourceVersion !== '' && !/^[1-9]\d*$/.test(resourceVersion)) {
        versionAt.invalid(
          resourceVersion,
          `resource version is not well formed: ${resourceVersion}`,
        );
      }
      conditions(status.conditions, place);
      if (old.resourceVersion && resourceVersion !== old.resourceVersion) {
        versionAt.invalid(resourceVersion, 'field is immutable');
      }
      const refuse = (detail: string) => place.invalid(status.conditions ?? null, detail);
      const [succeeded, failed] = ['Succeeded', 'Failed'].map((name) =>
        holds(status.conditions, name),
      );
      if (succeeded && failed)
        refuse('Both success and failed conditions cannot be true at the same time');
      if (holds(old.conditions, 'Succeeded') && !succeeded)
        refuse('Success condition cannot be set to false once it is true');
      if (holds(old.conditions, 'Failed') && !failed)
        refuse('Failed condition cannot be set to false once it is true');
    },
  },
});
