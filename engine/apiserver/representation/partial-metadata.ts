import type { ApiObject } from '../registry/api-object.ts';

/** An object without all but its metadata. @param version of meta.k8s.io */
export function partialMetadata({ metadata }: ApiObject, version: string): ApiObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata };
}
