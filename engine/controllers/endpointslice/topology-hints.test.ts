import { expect, it } from 'vitest';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { TopologyHints } from './topology-hints.ts';

const node = (zone: string, cpu: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `node-${zone}`, labels: { 'topology.kubernetes.io/zone': zone } },
  spec: {},
  status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
});

const slice: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'web-1' },
  addressType: 'IPv4',
  endpoints: ['a', 'a', 'b', 'b'].map((zone, index) => ({
    addresses: [`10.0.0.${index}`],
    conditions: { ready: true },
    zone,
  })),
};

it('names Services that Nodes have left short in a zone, until they are gone', () => {
  const hints = new TopologyHints();
  hints.setNodes([node('a', '4'), node('b', '4')]);
  for (const key of ['default/web', 'default/api'])
    hints.add(key, 'IPv4', { create: [slice], update: [], unchanged: [] });
  expect(hints.overloaded()).toEqual([]);
  hints.setNodes([node('a', '12'), node('b', '4')]);
  expect(hints.overloaded()).toEqual(['default/web', 'default/api']);
  hints.forgetService('default/web');
  expect(hints.overloaded()).toEqual(['default/api']);
  expect([hints.has('default/web'), hints.has('default/api')]).toEqual([false, true]);
});
