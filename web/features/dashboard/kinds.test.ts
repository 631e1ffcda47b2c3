import { expect, it } from 'vitest';
import type { DiscoveredResource } from '../../../engine/client/discovery.ts';
import { groupKinds, kindKey, relatedKinds } from './kinds.ts';

const resource = (
  plural: string,
  kind: string,
  group = '',
  more: Partial<DiscoveredResource> = {},
): DiscoveredResource => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced: true,
  verbs: ['get', 'list', 'watch'],
  preferred: true,
  ...more,
});

it('has what learners know in groups, and everything else by kind after them', () => {
  const groups = groupKinds([
    resource('widgets', 'Widget', 'example.com'),
    resource('deployments', 'Deployment', 'apps'),
    resource('pods', 'Pod'),
    resource('gadgets', 'Gadget', 'example.com'),
    resource('events', 'Event'),
    resource('events', 'Event', 'events.k8s.io'),
  ]);
  expect(groups.map(({ label, kinds }) => [label, kinds.map(kindKey)])).toEqual([
    ['Workloads', ['pods', 'deployments.apps']],
    ['Nodes and cluster', ['events']],
    ['Everything else', ['gadgets.example.com', 'widgets.example.com']],
  ]);
});

it('leaves out what cannot be listed, and versions that are not preferred', () => {
  expect(
    groupKinds([
      resource('bindings', 'Binding', '', { verbs: ['create'] }),
      resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'autoscaling', {
        version: 'v1',
        preferred: false,
      }),
    ]),
  ).toEqual([]);
});

it('looks for relations among kinds in groups and custom ones', () => {
  const groups = groupKinds([
    resource('pods', 'Pod'),
    resource('events', 'Event'),
    resource('controllerrevisions', 'ControllerRevision', 'apps'),
    resource('leases', 'Lease', 'coordination.k8s.io'),
    resource('widgets', 'Widget', 'example.com'),
  ]);
  expect(relatedKinds(groups).map(kindKey)).toEqual([
    'pods',
    'controllerrevisions.apps',
    'widgets.example.com',
  ]);
});
