import { expect, test } from 'vitest';
import { event, nodes, objectOf, recorded, request } from './fixtures.ts';
import { mapState } from './map-state.ts';
import { pulsesOf } from './pulses.ts';
import { sentenceOf } from './words.ts';

const pod = objectOf('pods', 'a');
const kubelet = {
  user: 'system:node:worker-1',
  agent: 'kubelet/v1.37.2 (linux/386)',
  address: '10.0.0.12',
};
const proxy = {
  user: 'system:serviceaccount:kube-system:kube-proxy',
  agent: 'kube-proxy/v1.37.2',
  address: '127.0.0.1',
};
const scheduler = {
  user: 'system:kube-scheduler',
  agent: 'kube-scheduler/v1.37.2',
  address: '127.0.0.1',
};
const items = recorded([
  { kind: 'watch', at: 0, client: kubelet, object: { ...pod, name: '' } },
  request({
    client: scheduler,
    verb: 'create',
    object: { ...pod, subresource: 'binding' },
    status: 201,
  }),
  { kind: 'etcd', at: 1, call: 'txn', key: '/registry/pods/default/a', duration: 1, revision: 9 },
  event({ client: kubelet, type: 'MODIFIED', object: pod }),
  request({ client: proxy, status: 403, path: '/healthz', duration: 1234 }),
  request({ client: { ...scheduler, agent: 'drydock-dashboard/1' } }),
]);

test('each program is a box: those of nodes at their nodes, others beside the control plane', () => {
  const watchers = [
    { station: { id: 'worker-1/kubelet', name: 'kubelet', node: 'worker-1' }, resources: ['pods'] },
    { station: { id: 'coredns', name: 'coredns' }, resources: ['services'] },
  ];
  const { above, nodes: onNodes } = mapState(items, nodes, watchers);
  expect(above.map(({ id }) => id)).toEqual([
    'etcd',
    'kube-scheduler',
    'kube-controller-manager',
    'cloud-controller-manager',
    'coredns',
    'drydock-dashboard',
  ]);
  expect(onNodes.get('worker-1')?.[0]).toMatchObject({
    id: 'worker-1/kubelet',
    last: 'MODIFIED pods/a in default',
    watches: ['pods'],
  });
  expect(onNodes.get('control-plane')?.map(({ name, last }) => [name, last])).toEqual([
    ['kubelet', ''],
    ['kube-proxy', 'get /healthz'],
    ['drydock-network', ''],
  ]);
});

test('a frame’s entries are one pulse for each line and direction', () => {
  expect(pulsesOf([...items, ...items]).slice(0, 4)).toEqual([
    { station: 'worker-1/kubelet', direction: 'to-server', count: 2, isFailure: false },
    { station: 'kube-scheduler', direction: 'to-server', count: 2, isFailure: false },
    { station: 'etcd', direction: 'from-server', count: 2, isFailure: false },
    { station: 'worker-1/kubelet', direction: 'from-server', count: 2, isFailure: false },
  ]);
  expect(
    pulsesOf(items).find(({ station }) => station === 'control-plane/kube-proxy'),
  ).toMatchObject({ isFailure: true });
});

test('each is a sentence', () => {
  const sentences = items.map((item) => sentenceOf(item).replace(/^\S+ /, ''));
  expect(sentences).toEqual([
    'kubelet on worker-1 to API server: watch pods in default, goes on',
    'kube-scheduler to API server: create pods/a/binding in default, 201, 1 ms',
    'API server to etcd: txn /registry/pods/default/a, revision 9, 1 ms',
    'API server to kubelet on worker-1: MODIFIED pods/a in default, watch event',
    'kube-proxy on control-plane to API server: get /healthz, 403, 1.2 s',
    'drydock-dashboard to API server: get /, 200, 1 ms',
  ]);
});
