import { expect, test } from 'vitest';
import { event, nodes, objectOf, request } from './fixtures.ts';
import { CAPACITY } from './recording.ts';
import { TrafficModel } from './traffic-model.ts';

const page = { user: 'drydock:cluster', agent: 'drydock-dashboard/1', address: '127.0.0.1' };
const deployment = objectOf('deployments', 'web', { group: 'apps' });
const replicaSet = objectOf('replicasets', 'web-1', { group: 'apps', owners: [deployment.uid] });

function modelOf(...entries: Parameters<TrafficModel['arrived']>[0]['entries']): TrafficModel {
  const model = new TrafficModel();
  model.setNodes(nodes);
  model.arrived({ entries, lost: 0 });
  return model;
}

test('what arrives comes into view with the next frame, without what the page asks', () => {
  const model = modelOf(request(), request({ client: page }), event());
  expect(model.advance(16).map(({ sequence }) => sequence)).toEqual([1, 3]);
  expect(model.advance(16)).toEqual([]);
  expect(model.view()).toMatchObject({ shown: 2, lost: 0 });
  model.setFilter({ withPage: true });
  expect(model.view().items).toHaveLength(3);
});

test('followed are an object and what turns out to be its own, also what was told before that', () => {
  const early = request({ object: { ...replicaSet, owners: [] } });
  const model = modelOf(early, request({ object: deployment }), event());
  model.follow('deployments/default/web');
  expect(model.view().items.map(({ sequence }) => sequence)).toEqual([2]);
  model.arrived({ entries: [event({ object: replicaSet })], lost: 0 });
  model.publish();
  expect(model.view().items.map(({ sequence }) => sequence)).toEqual([1, 2, 4]);
  expect(model.roots()).toEqual(['deployments/default/web', 'pods/default/a']);
});

test('what was filtered goes with what it is from', () => {
  const model = modelOf(request(), request({ client: page }));
  expect(model.view().items).toHaveLength(1);
  const many = Array.from({ length: CAPACITY - 1 }, () => request());
  model.arrived({ entries: many, lost: 0 });
  model.publish();
  const { items } = model.view();
  expect([items.length, items[0]?.sequence]).toEqual([CAPACITY - 1, 3]);
});

test('a paused view stays while more arrives', () => {
  const model = modelOf(request());
  model.advance(16);
  model.dispatch({ type: 'pause' });
  model.arrived({ entries: [request()], lost: 2 });
  expect(model.advance(16)).toEqual([]);
  model.publish();
  expect(model.view()).toMatchObject({ shown: 1, items: { length: 2 }, lost: 2 });
});

test('a request that is held waits until it is answered, or was let go', () => {
  const object = objectOf('pods', 'a', { subresource: 'binding' });
  const held = { kind: 'held', at: 0, client: request().client, verb: 'create', object } as const;
  const model = modelOf({ ...held, id: 1 }, { ...held, id: 2 });
  expect(model.view().held.map(({ id }) => id)).toEqual([1, 2]);
  model.arrived({ entries: [request({ held: 1 })], lost: 0 });
  model.forgetHeld(2);
  expect(model.view().held).toEqual([]);
});

test('what an API server held that has ended waits no more, and the next one counts from 1 again', () => {
  const object = objectOf('pods', 'a');
  const held = { kind: 'held', at: 0, client: request().client, verb: 'create', object } as const;
  const model = modelOf({ ...held, id: 1 }, { ...held, id: 2 });
  model.arrived({ entries: [], lost: 0, afresh: true });
  model.publish();
  expect(model.view().held).toEqual([]);
  model.arrived({ entries: [{ ...held, id: 1 }], lost: 0, afresh: true });
  model.publish();
  expect(model.view().held.map(({ id }) => id)).toEqual([1]);
});

test('who watches is known when its beginning is forgotten, whatever is followed', () => {
  const pods = objectOf('pods', '');
  const begins = { kind: 'watch', at: 0, client: request().client, object: pods } as const;
  const model = modelOf(begins, { ...begins, client: page });
  model.arrived({ entries: Array.from({ length: CAPACITY }, () => request()), lost: 0 });
  model.follow('deployments/default/web');
  const names = () => model.view().watchers.map(({ station }) => station.name);
  expect(names()).toEqual(['kubectl']);
  model.setFilter({ withPage: true });
  expect(names()).toEqual(['kubectl', 'drydock-dashboard']);
  model.arrived({ entries: [], lost: 0, afresh: true });
  model.publish();
  expect(names()).toEqual([]);
});
