import type { Client } from '../../client/client.ts';
import type { Resource } from '../../client/resource.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { APIGroup, APIResourceList } from '../../objects/generated/meta-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { builtInResources } from '../../objects/resources.ts';

/** Finds the resource of a kind: built-in ones are known, others are looked up each time. */
export class ResourceNames {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** In the version that the server prefers. @throws Error in upstream's words when there is none */
  async of(group: string, kind: string): Promise<Resource<KubernetesObject>> {
    const known = builtInResources.find((each) => each.group === group && each.kind === kind);
    if (known !== undefined) {
      const { version, plural, namespaced } = known;
      return { group, version, plural, kind, namespaced };
    }
    for (const version of await this.#versions(group)) {
      const path = `/apis/${group}/${version}`;
      const { resources } = JSON.parse(await this.#client.getText(path)) as APIResourceList;
      const found = resources.find((each) => each.kind === kind && !each.name.includes('/'));
      if (found !== undefined)
        return { group, version, plural: found.name, kind, namespaced: found.namespaced };
    }
    const where = group === '' ? '' : ` in group "${group}"`;
    throw new Error(`no matches for kind "${kind}"${where}`);
  }

  async #versions(group: string): Promise<readonly string[]> {
    if (group === '') return [];
    try {
      const text = await this.#client.getText(`/apis/${group}`);
      const { preferredVersion, versions } = JSON.parse(text) as APIGroup;
      const all = [preferredVersion, ...versions].map((each) => each?.version ?? '');
      return [...new Set(all)].filter((version) => version !== '');
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
      return [];
    }
  }
}
