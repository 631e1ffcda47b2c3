import type { ApiObject } from '../registry/api-object.ts';
import type { StoredObject } from './stored-object.ts';

/** Between what etcd holds and what is served, where that differs: custom resources are stored in one version and served in several. */
export interface StorageCodec {
  /** What is served for each of what is stored, at the same keys and revisions. */
  open(stored: readonly StoredObject[]): Promise<readonly StoredObject[]>;
  /** What is served for objects of any version. */
  read(objects: readonly ApiObject[]): Promise<readonly ApiObject[]>;
  /** What is stored for what is served. */
  close(object: ApiObject): Promise<ApiObject>;
}
