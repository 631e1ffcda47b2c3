import { beforeEach, expect, it } from 'vitest';
import { resources } from '../client/resources.ts';
import { KubeletWorld } from './testing/kubelet-world.ts';

const PATH = '/etc/kubernetes/manifests/etcd.yaml';
const manifest = (image: string): string => `
apiVersion: v1
kind: Pod
metadata:
  name: etcd
  namespace: kube-system
spec:
  hostNetwork: true
  priorityClassName: system-node-critical
  containers:
  - name: etcd
    image: ${image}
`;

let world: KubeletWorld;
beforeEach(() => {
  world = new KubeletWorld();
});

const mirror = () =>
  world.client.get(resources.pods, { namespace: 'kube-system', name: 'etcd-worker-1' });

it('runs a manifest and shows it in the API', async () => {
  world.node.add(PATH, manifest('etcd:3'));
  await world.start();
  const { metadata, spec, status } = await mirror();
  const node = await world.client.get(resources.nodes, { name: 'worker-1' });
  expect(metadata.annotations).toMatchObject({ 'kubernetes.io/config.source': 'file' });
  expect(metadata.annotations?.['kubernetes.io/config.mirror']).toBe(
    metadata.annotations?.['kubernetes.io/config.hash'],
  );
  expect(metadata.ownerReferences).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Node',
      name: 'worker-1',
      uid: node.metadata.uid,
      controller: true,
    },
  ]);
  expect(spec.nodeName).toBe('worker-1');
  expect(status).toMatchObject({ phase: 'Running', podIP: '10.0.0.12' });
  expect(world.errors).toEqual([]);
});

it('starts before there is an API', async () => {
  world.api.intercept = () => new Error('connection refused');
  world.node.add(PATH, manifest('etcd:3'));
  await world.start();
  expect(world.cri.container('etcd').state).toBe('CONTAINER_RUNNING');
  world.api.intercept = () => undefined;
  await world.after(40);
  expect((await mirror()).status?.phase).toBe('Running');
});

it('ends what is moved away and starts what is moved back', async () => {
  world.node.add(PATH, manifest('etcd:3'));
  await world.start();
  world.node.drop(PATH);
  await world.settle();
  await world.after(3);
  expect(world.cri.container('etcd').state).toBe('CONTAINER_EXITED');
  await expect(mirror()).rejects.toThrow('not found');
  const { id } = world.cri.container('etcd');
  world.node.add(PATH, manifest('etcd:3'));
  await world.after(20);
  expect(world.cri.container('etcd').id).not.toBe(id);
  expect(world.cri.container('etcd').state).toBe('CONTAINER_RUNNING');
  expect((await mirror()).status?.phase).toBe('Running');
  expect(world.errors).toEqual([]);
});

it('replaces what is changed', async () => {
  world.node.add(PATH, manifest('etcd:3'));
  await world.start();
  const before = (await mirror()).metadata.annotations?.['kubernetes.io/config.mirror'];
  world.node.add(PATH, manifest('etcd:4'));
  await world.after(5);
  expect(world.cri.container('etcd').userSpecifiedImage).toBe('etcd:4');
  const after = await mirror();
  expect(after.metadata.annotations?.['kubernetes.io/config.mirror']).not.toBe(before);
  expect(after.status?.phase).toBe('Running');
});

it('makes a deleted mirror again and leaves the Pod alone', async () => {
  world.node.add(PATH, manifest('etcd:3'));
  await world.start();
  const { id } = world.cri.container('etcd');
  const { uid } = (await mirror()).metadata;
  await world.client.delete(resources.pods, { namespace: 'kube-system', name: 'etcd-worker-1' });
  await world.settle();
  expect((await mirror()).metadata.uid).not.toBe(uid);
  expect((await mirror()).status?.phase).toBe('Running');
  expect(world.cri.container('etcd').id).toBe(id);
});

it('tells what is wrong with a manifest and goes on', async () => {
  world.node.add(PATH, 'kind: Nonsense\n');
  world.node.add('/etc/kubernetes/manifests/good.yaml', manifest('etcd:3'));
  await world.start();
  expect(world.cri.container('etcd').state).toBe('CONTAINER_RUNNING');
  expect(String(world.errors[0])).toContain(`Can't process manifest file "${PATH}"`);
});
