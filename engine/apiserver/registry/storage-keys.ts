/** Where etcd holds what, as kube-apiserver lays it out, so that a look into etcd shows the same. */

const ROOT = '/registry/';

/** Resources whose folder is not called after them (`SpecialDefaultResourcePrefixes`). */
const special: Readonly<Record<string, string>> = {
  '/replicationcontrollers': 'controllers',
  '/endpoints': 'services/endpoints',
  '/nodes': 'minions',
  '/services': 'services/specs',
  'networking.k8s.io/ingresses': 'ingress',
};

/** Groups served by other servers than kube-apiserver's own; they have folders by group. */
const byGroup = ['apiextensions.k8s.io', 'apiregistration.k8s.io'];

/** Versions of one resource that come from two groups share a folder. */
const shared: Readonly<Record<string, string>> = { 'events.k8s.io/events': 'events' };

/** Ends in a slash. */
export function storagePrefix(group: string, plural: string): string {
  const id = `${group}/${plural}`;
  if (byGroup.includes(group)) return `${ROOT}${id}/`;
  return `${ROOT}${special[id] ?? shared[id] ?? plural}/`;
}

/** Prefix of a namespace's objects; of all when it is empty. */
export function namespacePrefix(prefix: string, namespace: string): string {
  return namespace === '' ? prefix : `${prefix}${namespace}/`;
}
