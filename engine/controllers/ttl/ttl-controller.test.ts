import { expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { ClusterSize } from './ttl-controller.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';

it('annotates nodes, and again when somebody changes it', async () => {
  const world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'ttl-controller'),
  );
  const patched = { by: 'ttl-controller', method: 'PATCH', path: '/api/v1/nodes/one' };
  await world.client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'one' },
    spec: {},
  });
  await world.settle();
  expect(world.sent).toEqual([patched]);
  await world.client.patch(
    resources.nodes,
    { name: 'one' },
    { type: 'merge', patch: { metadata: { annotations: { [ANNOTATION]: '60' } } } },
  );
  await world.settle();
  expect(world.sent).toEqual([patched, patched]);
  const { metadata } = await world.client.get(resources.nodes, { name: 'one' });
  expect(metadata.annotations).toEqual({ [ANNOTATION]: '0' });
  await world.end();
  expect(world.errors).toEqual([]);
});

it('grows with the cluster, and shrinks later than it grew', () => {
  const size = new ClusterSize();
  const changes: string[] = [];
  let before = size.ttl;
  const told = (nodes: number): void => {
    if (size.ttl !== before) changes.push(`${nodes}: ${size.ttl}`);
    before = size.ttl;
  };
  for (let nodes = 1; nodes <= 2001; nodes++) {
    size.add();
    told(nodes);
  }
  for (let nodes = 2000; nodes >= 0; nodes--) {
    size.remove();
    told(nodes);
  }
  expect(changes).toEqual([
    '101: 15',
    '501: 30',
    '1001: 60',
    '2001: 300',
    '1799: 60',
    '899: 30',
    '449: 15',
    '89: 0',
  ]);
});
