import type { Pod, Secret } from '../../objects/generated/core-v1.generated.ts';
import type { CriAuth } from '../../runtime/cri/types.ts';
import type { ImageCredentials } from '../contracts.ts';
import { bytesOf } from '../volumes/projected-files.ts';
import type { PodObjects } from '../volumes/pod-objects.ts';
import { Keyring, type RegistryEntries } from './keyring.ts';

/** Types of Secrets with credentials, and where in them these are. */
const DOCKER_CONFIG_JSON = 'kubernetes.io/dockerconfigjson';
const DOCKER_CONFIG = 'kubernetes.io/dockercfg';

/** Credentials from a Pod's `imagePullSecrets`. */
export class PodImageCredentials implements ImageCredentials {
  readonly #objects: PodObjects;

  constructor(objects: PodObjects) {
    this.#objects = objects;
  }

  async of(
    { metadata, spec }: Pod,
    image: string,
  ): Promise<{ readonly auths: readonly CriAuth[]; readonly missing: readonly string[] }> {
    const { namespace = '', uid = '' } = metadata;
    const keyring = new Keyring();
    const missing: string[] = [];
    for (const { name = '' } of spec.imagePullSecrets ?? []) {
      if (name === '') continue;
      let secret: Secret;
      try {
        secret = await this.#objects.secrets.get(namespace, name, uid);
      } catch {
        // The pull may work without; if it does not, the kubelet tells of it.
        missing.push(name);
        continue;
      }
      keyring.add(entriesOf(secret));
    }
    return { auths: keyring.lookup(image), missing };
  }
}

/** @throws SyntaxError for what is no JSON */
function entriesOf({ type, data = {} }: Secret): RegistryEntries {
  const text = (key: string): string => new TextDecoder().decode(bytesOf(data[key] ?? ''));
  if (type === DOCKER_CONFIG_JSON) {
    const config = text('.dockerconfigjson');
    if (config !== '') return (JSON.parse(config) as { auths?: RegistryEntries }).auths ?? {};
  } else if (type === DOCKER_CONFIG) {
    const config = text('.dockercfg');
    if (config !== '') return JSON.parse(config) as RegistryEntries;
  }
  return {};
}
