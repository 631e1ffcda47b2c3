import type { TrafficEntry, TrafficObject } from '../../../engine/api/api-traffic.ts';

/** `pods/default/web-1`; of cluster-wide ones `nodes//worker-1`. */
export type ObjectKey = string;

function keyOf({ resource, namespace, name }: TrafficObject): ObjectKey {
  return `${resource}/${namespace}/${name}`;
}

/** For people: `pods/web-1 in default`. */
export function keyWords(key: ObjectKey): string {
  const [resource = '', namespace = '', name = ''] = key.split('/');
  return `${resource}/${name}${namespace === '' ? '' : ` in ${namespace}`}`;
}

/** Objects that are remembered; those that were seen first are forgotten. */
const MOST = 10_000;

/** Which objects have been seen, and which belong to which. */
export class ObjectGraph {
  readonly #keys = new Map<string, ObjectKey>();
  /** uid of an owner → uids of what it owns, and of Events about it */
  readonly #owned = new Map<string, Set<string>>();
  /** uids of what belongs to others */
  readonly #belonging = new Set<string>();
  /** counts up when something new is known */
  version = 0;

  /** Takes note of an object. */
  add(object: TrafficObject): void {
    const { uid, owners = [], about, subresource, name } = object;
    // What is below an object may be an object of its own: a token.
    if (uid === undefined || name === '' || !['', 'status', 'scale'].includes(subresource)) return;
    const key = keyOf(object);
    if (this.#keys.get(uid) !== key) {
      this.#keys.set(uid, key);
      this.version += 1;
      this.#forgetOldest();
    }
    for (const owner of about === undefined ? owners : [about]) {
      const owned = this.#owned.get(owner) ?? new Set();
      this.#owned.set(owner, owned);
      if (owned.has(uid)) continue;
      owned.add(uid);
      this.#belonging.add(uid);
      this.version += 1;
    }
  }

  /** Objects that belong to no other, by key; only those that are wanted. */
  roots(isWanted: (key: ObjectKey) => boolean): readonly ObjectKey[] {
    const roots = [...this.#keys].flatMap(([uid, key]) =>
      this.#belonging.has(uid) || !isWanted(key) ? [] : [key],
    );
    return [...new Set(roots)].toSorted();
  }

  #forgetOldest(): void {
    if (this.#keys.size <= MOST) return;
    for (const uid of [...this.#keys.keys()].slice(0, MOST / 2)) {
      this.#keys.delete(uid);
      this.#owned.delete(uid);
      this.#belonging.delete(uid);
    }
  }

  /** The object, what it owns, what these own, and the Events about them. */
  family(root: ObjectKey): ReadonlySet<ObjectKey> {
    const family = new Set([root]);
    const waiting = [...this.#keys].flatMap(([uid, key]) => (key === root ? [uid] : []));
    const seen = new Set(waiting);
    for (let uid = waiting.pop(); uid !== undefined; uid = waiting.pop()) {
      const key = this.#keys.get(uid);
      if (key !== undefined) family.add(key);
      for (const owned of this.#owned.get(uid) ?? []) {
        if (seen.has(owned)) continue;
        seen.add(owned);
        waiting.push(owned);
      }
    }
    return family;
  }
}

/** Which object an entry is about; undefined for all of a kind, and for none. */
export function subjectOf(entry: TrafficEntry): ObjectKey | undefined {
  if (entry.kind === 'etcd') return etcdSubject(entry.key);
  const { object } = entry;
  return object === undefined || object.name === '' ? undefined : keyOf(object);
}

/** Folders of etcd that are not called after what is in them (kube-apiserver's `SpecialDefaultResourcePrefixes`). */
const FOLDERS: ReadonlyMap<string, string> = new Map([
  ['controllers', 'replicationcontrollers'],
  ['services/endpoints', 'endpoints'],
  ['services/specs', 'services'],
  ['minions', 'nodes'],
  ['ingress', 'ingresses'],
]);

/** `/registry/deployments/default/web`, of cluster-wide ones `/registry/namespaces/default`. */
function etcdSubject(key: string): ObjectKey | undefined {
  const [, root, ...parts] = key.split('/');
  if (root !== 'registry') return undefined;
  // Some groups have a folder of their own before the kind; names of groups that have one have a dot.
  if (parts[0]?.includes('.') === true) parts.shift();
  const length = parts[0] === 'services' ? 2 : 1;
  const folder = parts.slice(0, length).join('/');
  const path = parts.slice(length);
  const [namespace = '', name = ''] = path.length === 1 ? ['', ...path] : path;
  return path.length > 2 || name === ''
    ? undefined
    : `${FOLDERS.get(folder) ?? folder}/${namespace}/${name}`;
}
