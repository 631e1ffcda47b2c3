import type { Client } from '../../client/client.ts';
import type { Resource } from '../../client/resource.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

/** Makes an object unless there is one of its name. */
export type Install = (client: Client) => Promise<void>;

/** An object to be made, with its type known only here. */
export function objectOf<T extends KubernetesObject>(resource: Resource<T>, object: T): Install {
  return async (client) => {
    try {
      await client.create(resource, object);
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
    }
  };
}

/** Makes all of it, one group after the other. */
export async function install(
  client: Client,
  groups: readonly (readonly Install[])[],
): Promise<void> {
  for (const group of groups) await Promise.all(group.map((each) => each(client)));
}
