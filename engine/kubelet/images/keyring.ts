/** Which credentials are for which image (k8s.io/kubernetes pkg/credentialprovider). */
import type { CriAuth } from '../../runtime/cri/types.ts';
import { bytesOf } from '../volumes/projected-files.ts';

/** Part of a Docker configuration: by registry, perhaps with a path. */
export type RegistryEntries = Readonly<
  Record<string, { readonly username?: string; readonly password?: string; readonly auth?: string }>
>;

const DEFAULT_REGISTRY = 'index.docker.io';

/** https://kubernetes.io/docs/concepts/containers/images/#config-json */
export class Keyring {
  readonly #auths = new Map<string, CriAuth[]>();

  add(entries: RegistryEntries): void {
    for (const [registry, entry] of Object.entries(entries)) {
      const key = keyOf(registry);
      this.#auths.set(key, [...(this.#auths.get(key) ?? []), authOf(entry)]);
    }
  }

  /** Those that match an image's registry and path, the most specific first. */
  lookup(image: string): readonly CriAuth[] {
    const keys = [...this.#auths.keys()].toSorted().toReversed();
    const found = keys
      .filter((key) => matches(key, image))
      .flatMap((key) => this.#auths.get(key) ?? []);
    if (found.length > 0 || !isOfDefaultRegistry(image)) return found;
    return this.#auths.get(DEFAULT_REGISTRY) ?? [];
  }
}

/** Host and path without scheme; a path that only names the API's version is none. */
function keyOf(registry: string): string {
  const address = registry.replace(/^https?:\/\//, '');
  const [, host = '', path = ''] = /^([^/]*)(.*)$/.exec(address) ?? [];
  const shorter = /^\/v[12]\//.test(path) ? path.slice(3) : path;
  return shorter === '/' ? host : host + shorter;
}

function authOf({ username, password, auth = '' }: RegistryEntries[string]): CriAuth {
  if (auth === '') return { username: username ?? '', password: password ?? '' };
  const decoded = new TextDecoder().decode(bytesOf(auth.trim()));
  const colon = decoded.indexOf(':');
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Whether host (which may have `*` in its parts), port and beginning of the path are the same. */
function matches(key: string, image: string): boolean {
  const wanted = split(key);
  const given = split(image);
  return (
    wanted.port === given.port &&
    wanted.names.length === given.names.length &&
    given.path.startsWith(wanted.path) &&
    wanted.names.every((name, index) => matchesGlob(name, given.names[index] ?? ''))
  );
}

function split(address: string): { names: readonly string[]; port: string; path: string } {
  const [, host = '', port = '', path = ''] = /^([^/:]*)(?::(\d*))?(.*)$/.exec(address) ?? [];
  return { names: host.split('.'), port, path };
}

function matchesGlob(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(text);
}

function isOfDefaultRegistry(image: string): boolean {
  const slash = image.indexOf('/');
  if (slash === -1) return true;
  const first = image.slice(0, slash);
  if (first === '') return false;
  return first === 'docker.io' || first === DEFAULT_REGISTRY || !/[.:]/.test(first);
}
