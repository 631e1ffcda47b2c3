import type { ApiObject } from '../registry/api-object.ts';

/** From one version of a custom resource to another, as its definition says. */
export interface Converter {
  /** Each of the objects as `apiVersion`. What has it already stays as it is. */
  convert(objects: readonly ApiObject[], apiVersion: string): Promise<readonly ApiObject[]>;
}

/** Strategy `None`: versions differ in nothing but their name. */
export const noConversion: Converter = {
  convert: (objects, apiVersion) =>
    Promise.resolve(
      objects.map((object) =>
        object.apiVersion === apiVersion ? object : { ...object, apiVersion },
      ),
    ),
};
