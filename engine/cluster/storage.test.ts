import { afterEach, expect, it } from 'vitest';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { resources } from '../client/resources.ts';
import { descriptors } from '../controllers/descriptors.ts';
import { PROVISIONER } from '../controllers/simulated-storage/simulated-volume.ts';
import { ControlWorld } from '../controllers/testing/control-world.ts';
import { SeededRandom } from '../base/random.ts';
import { parseConfiguration } from '../scheduler/configuration/configuration.ts';
import { Scheduler } from '../scheduler/scheduler.ts';

const namespace = 'default';
const errors: unknown[] = [];
let stop = new AbortController();
let world: ControlWorld | undefined;
let informers: SharedInformers | undefined;
afterEach(async () => {
  stop.abort();
  stop = new AbortController();
  informers?.dispose();
  await world?.end();
  expect(errors).toEqual([]);
});

/** The scheduler and the controllers of storage, which meet only in the API server. */
async function start(): Promise<ControlWorld> {
  const started = await ControlWorld.start(
    descriptors.filter(
      ({ name }) =>
        name === 'persistentvolume-binder-controller' || name === 'simulated-storage-controller',
    ),
  );
  world = started;
  const { client, clock } = started;
  const common = {
    client,
    clock,
    random: new SeededRandom(1),
    onError: (error: unknown) => errors.push(error),
  };
  informers = new SharedInformers(common);
  const scheduler = new Scheduler({
    ...common,
    informers,
    hostName: 'test',
    configuration: parseConfiguration(''),
  });
  void scheduler.run(stop.signal);
  await client.create(resources.storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local' },
    provisioner: PROVISIONER,
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  for (const name of ['a', 'b']) {
    const labels = { 'kubernetes.io/hostname': name };
    await client.create(resources.nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec: {},
    });
    const amounts = { cpu: '4', memory: '8Gi', pods: '10' };
    const patch = { status: { capacity: amounts, allocatable: amounts } };
    await client.patch(
      resources.nodes,
      { name },
      { type: 'merge', patch },
      { subresource: 'status' },
    );
    const untainted = { spec: { taints: null } };
    await client.patch(resources.nodes, { name }, { type: 'merge', patch: untainted });
  }
  await started.settle();
  return started;
}

it('makes a volume where the scheduler puts the first Pod, and keeps later Pods there', async () => {
  const { client } = await start();
  await client.create(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      resources: { requests: { storage: '1Gi' } },
    },
  });
  const nodeOf = async (name: string, nodeSelector?: Record<string, string>) => {
    await client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name },
      spec: {
        containers: [{ name: 'c', image: 'web' }],
        ...(nodeSelector === undefined ? {} : { nodeSelector }),
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      },
    });
    await world?.settle();
    await world?.advance(5000, 500);
    return (await client.get(resources.pods, { namespace, name })).spec.nodeName;
  };
  expect(await nodeOf('first', { 'kubernetes.io/hostname': 'b' })).toBe('b');
  const claim = await client.get(resources.persistentVolumeClaims, { namespace, name: 'data' });
  expect(claim.status?.phase).toBe('Bound');
  expect(claim.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('b');
  expect(await nodeOf('second')).toBe('b');
  expect(await nodeOf('third', { 'kubernetes.io/hostname': 'a' })).toBeUndefined();
});
