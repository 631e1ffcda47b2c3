import { expect, test } from 'vitest';
import { namespacePrefix, storagePrefix } from '../../../engine/apiserver/registry/storage-keys.ts';
import { event, objectOf, request } from './fixtures.ts';
import { ObjectGraph, subjectOf } from './object-graph.ts';

const deployment = objectOf('deployments', 'web', { group: 'apps' });
const replicaSet = objectOf('replicasets', 'web-1', { group: 'apps', owners: [deployment.uid] });
const pod = objectOf('pods', 'web-1-a', { owners: [replicaSet.uid] });
const scheduled = objectOf('events', 'scheduled', { about: pod.uid });

function graphOf(...objects: Parameters<ObjectGraph['add']>[0][]): ObjectGraph {
  const graph = new ObjectGraph();
  for (const object of objects) graph.add(object);
  return graph;
}

test('a Deployment is followed to its Pods and the Events about them, in whatever order they were seen', () => {
  const graph = graphOf(scheduled, pod, replicaSet, deployment, objectOf('pods', 'other'));
  expect([...graph.family('deployments/default/web')].toSorted()).toEqual([
    'deployments/default/web',
    'events/default/scheduled',
    'pods/default/web-1-a',
    'replicasets/default/web-1',
  ]);
  expect(graph.roots(() => true)).toEqual(['deployments/default/web', 'pods/default/other']);
  expect(graph.roots((key) => key.startsWith('pods/'))).toEqual(['pods/default/other']);
});

test('an object that nobody has spoken of yet is a family of one', () => {
  expect([...graphOf().family('pods/default/a')]).toEqual(['pods/default/a']);
});

test('of very many objects those that were seen first are forgotten', () => {
  const pods = Array.from({ length: 10_001 }, (_, index) => objectOf('pods', `p${index}`));
  const roots = graphOf(...pods).roots(() => true);
  expect([roots.length, roots.includes('pods/default/p0')]).toEqual([5001, false]);
});

test('what is known already changes nothing', () => {
  const graph = graphOf(pod);
  const { version } = graph;
  graph.add(pod);
  expect(graph.version).toBe(version);
});

test('a Binding, a status and a key of etcd are about their Pod', () => {
  const binding = { ...pod, subresource: 'binding' };
  expect(subjectOf(request({ object: binding }))).toBe('pods/default/web-1-a');
  expect(subjectOf(event({ object: { ...pod, subresource: 'status' } }))).toBe(
    'pods/default/web-1-a',
  );
  const etcd = { kind: 'etcd', at: 0, call: 'txn', duration: 0 } as const;
  expect(subjectOf({ ...etcd, key: '/registry/pods/default/web-1-a' })).toBe(
    'pods/default/web-1-a',
  );
  expect(subjectOf({ ...etcd, key: '/registry/pods/' })).toBeUndefined();
  expect(subjectOf(request())).toBeUndefined();
});

test.each([
  ['', 'services', 'default', 'services/default/web'],
  ['', 'endpoints', 'default', 'endpoints/default/web'],
  ['', 'replicationcontrollers', 'default', 'replicationcontrollers/default/web'],
  ['networking.k8s.io', 'ingresses', 'default', 'ingresses/default/web'],
  ['apps', 'deployments', 'default', 'deployments/default/web'],
  ['', 'nodes', '', 'nodes//web'],
  ['', 'namespaces', '', 'namespaces//web'],
  ['apiextensions.k8s.io', 'customresourcedefinitions', '', 'customresourcedefinitions//web'],
])('where etcd holds %s %s, the object is the same', (group, plural, namespace, subject) => {
  const prefix = namespacePrefix(storagePrefix(group, plural), namespace);
  const etcd = { kind: 'etcd', at: 0, call: 'txn', duration: 0 } as const;
  expect(subjectOf({ ...etcd, key: `${prefix}web` })).toBe(subject);
  expect(subjectOf({ ...etcd, key: prefix })).toBeUndefined();
});

test('a custom resource has a folder of its group', () => {
  const etcd = { kind: 'etcd', at: 0, call: 'txn', duration: 0 } as const;
  const keys = ['/registry/example.com/widgets/default/a', '/registry/health', '/other'];
  expect(keys.map((key) => subjectOf({ ...etcd, key }))).toEqual([
    'widgets/default/a',
    undefined,
    undefined,
  ]);
});
