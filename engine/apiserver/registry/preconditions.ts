import { conflict } from '../../objects/status/status-error.ts';
import type { Preconditions } from '../request/options.ts';
import type { ApiObject } from './api-object.ts';
import { qualifiedKind, type StoredResource } from './served-resource.ts';

/** Errors: `Conflict`. */
export function preconditionsHold(
  resource: StoredResource,
  { metadata }: ApiObject,
  { uid, resourceVersion }: Preconditions = {},
): void {
  const name = metadata.name ?? '';
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      qualifiedKind(resource),
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      qualifiedKind(resource),
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
}
