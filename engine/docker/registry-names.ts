import type { RegistryFetch } from '../runtime/types.ts';

/** Names under which Docker knows its Hub. */
const HUB_NAMES = ['docker.io', 'registry-1.docker.io', 'index.docker.io'];

/** The registries that can be reached from here: Docker Hub, answered by `hub`. Others fail as a name that DNS does not know. */
export function registryNames(hub: RegistryFetch): RegistryFetch {
  return (request) => {
    const { hostname } = new URL(request.url);
    if (HUB_NAMES.includes(hostname)) return hub(request);
    return Promise.reject(new Error(`dial tcp: lookup ${hostname}: no such host`));
  };
}
