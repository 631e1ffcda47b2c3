import { afterEach, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
} from '../../objects/generated/core-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { PROVISIONER } from '../simulated-storage/simulated-volume.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const namespace = 'default';
const STORAGE = [
  'persistentvolume-binder-controller',
  'persistentvolume-expander-controller',
  'persistentvolumeclaim-protection-controller',
  'persistentvolume-protection-controller',
  'ephemeral-volume-controller',
  'simulated-storage-controller',
];

async function start(): Promise<void> {
  world = await ControlWorld.start(descriptors.filter(({ name }) => STORAGE.includes(name)));
}

async function volume(name: string, spec: Partial<PersistentVolumeSpec> = {}): Promise<void> {
  await world.client.create(resources.persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { volume: name } },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/${name}` },
      ...spec,
    },
  });
  await world.settle();
}

async function claim(
  name: string,
  spec: Partial<PersistentVolumeClaimSpec> = {},
  storage = '1Gi',
): Promise<void> {
  await world.client.create(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      resources: { requests: { storage } },
      ...spec,
    },
  });
  await world.settle();
}

async function storageClass(name: string, fields: Partial<StorageClass> = {}): Promise<void> {
  await world.client.create(resources.storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    provisioner: PROVISIONER,
    ...fields,
    metadata: { name, ...fields.metadata },
  });
  await world.settle();
}

/** `Phase volume`, or why there is none. */
async function claimState(name: string): Promise<string> {
  const found = await world.client
    .get(resources.persistentVolumeClaims, { namespace, name })
    .catch((error: unknown) => reasonOf(error));
  return typeof found === 'object'
    ? `${found.status?.phase} ${found.spec.volumeName ?? ''}`.trim()
    : String(found);
}

/** `Phase claim`, or why there is none. */
async function volumeState(name: string): Promise<string> {
  const found = await world.client
    .get(resources.persistentVolumes, { name })
    .catch((error: unknown) => reasonOf(error));
  return typeof found === 'object'
    ? `${found.status?.phase} ${found.spec.claimRef?.name ?? ''}`.trim()
    : String(found);
}

async function events(): Promise<string[]> {
  await world.settle();
  const { items } = await world.client.list(resources.events);
  return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

const deleteClaim = async (name: string): Promise<void> => {
  await world.client.delete(resources.persistentVolumeClaims, { namespace, name });
  await world.settle();
};

describe('persistentvolume-binder-controller', () => {
  it('binds a claim to the smallest volume that is large enough, in four writes', async () => {
    await start();
    await volume('large', { capacity: { storage: '10Gi' } });
    await volume('small', { capacity: { storage: '1Gi' } });
    await volume('fits', { capacity: { storage: '3Gi' } });
    world.sent.length = 0;
    await claim('data', {}, '2Gi');
    expect([await claimState('data'), await volumeState('fits')]).toEqual([
      'Bound fits',
      'Bound data',
    ]);
    expect(await volumeState('small')).toBe('Available');
    expect(world.sent.map(({ by, method, path }) => `${by} ${method} ${path}`)).toEqual([
      'persistent-volume-binder PUT /api/v1/persistentvolumes/fits',
      'persistent-volume-binder PUT /api/v1/persistentvolumes/fits/status',
      'persistent-volume-binder PUT /api/v1/namespaces/default/persistentvolumeclaims/data',
      'persistent-volume-binder PUT /api/v1/namespaces/default/persistentvolumeclaims/data/status',
    ]);
    const { metadata, status } = await world.client.get(resources.persistentVolumeClaims, {
      namespace,
      name: 'data',
    });
    expect(status).toMatchObject({ accessModes: ['ReadWriteOnce'], capacity: { storage: '3Gi' } });
    expect(metadata.annotations).toEqual({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    });
  });

  it('heeds class, mode, access modes and selector', async () => {
    await start();
    await volume('of-class', { storageClassName: 'fast' });
    await volume('block', { volumeMode: 'Block' });
    await volume('read-only', { accessModes: ['ReadOnlyMany'] });
    await volume('other');
    await claim('data', { selector: { matchLabels: { volume: 'wanted' } } });
    expect(await claimState('data')).toBe('Pending');
    expect(await events()).toContain(
      'Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    );
    await volume('wanted');
    await world.advance(15_000);
    expect(await claimState('data')).toBe('Bound wanted');
  });

  it('keeps a volume for the claim that it names, and the other way round', async () => {
    await start();
    await volume('kept', { claimRef: { namespace, name: 'chosen' } });
    await claim('first');
    expect([await claimState('first'), await volumeState('kept')]).toEqual([
      'Pending',
      'Available chosen',
    ]);
    await claim('chosen');
    expect(await claimState('chosen')).toBe('Bound kept');
    await claim('asking', { volumeName: 'later' });
    expect(await claimState('asking')).toBe('Pending later');
    await volume('later', { capacity: { storage: '1Mi' } });
    await world.advance(15_000);
    expect(await events()).toContain(
      'Warning VolumeMismatch: Cannot bind to requested volume "later": requested PV is too small',
    );
    await claim('late', { volumeName: 'kept' });
    expect(await events()).toContain(
      'Warning FailedBinding: volume "kept" already bound to a different claim.',
    );
  });

  it('keeps what was retained, and does not give it to the next claim', async () => {
    await start();
    await volume('v', { persistentVolumeReclaimPolicy: 'Retain' });
    await claim('one');
    await deleteClaim('one');
    expect([await claimState('one'), await volumeState('v')]).toEqual(['NotFound', 'Released one']);
    await claim('two');
    await world.advance(30_000);
    expect([await claimState('two'), await volumeState('v')]).toEqual(['Pending', 'Released one']);
  });

  it('says that nobody can recycle or delete a volume that somebody made by hand', async () => {
    await start();
    await volume('r', { persistentVolumeReclaimPolicy: 'Recycle' });
    await claim('one');
    await deleteClaim('one');
    expect(await volumeState('r')).toBe('Failed one');
    await volume('d', { persistentVolumeReclaimPolicy: 'Delete' });
    await claim('two');
    await deleteClaim('two');
    expect(await volumeState('d')).toBe('Failed two');
    expect(await events()).toEqual(
      expect.arrayContaining([
        'Warning VolumeFailedRecycle: No recycler plugin found for the volume!',
        'Warning VolumeFailedDelete: error getting deleter volume plugin for volume "d": no deletable volume plugin matched',
      ]),
    );
  });

  it('calls a claim lost whose volume is gone', async () => {
    await start();
    await volume('v');
    await claim('one');
    await world.client.patch(
      resources.persistentVolumes,
      { name: 'v' },
      { type: 'merge', patch: { metadata: { finalizers: null } } },
    );
    await world.client.delete(resources.persistentVolumes, { name: 'v' });
    await world.settle();
    if ((await volumeState('v')) !== 'NotFound')
      await world.client.patch(
        resources.persistentVolumes,
        { name: 'v' },
        { type: 'merge', patch: { metadata: { finalizers: null } } },
      );
    await world.settle();
    expect(await claimState('one')).toBe('Lost v');
    expect(await events()).toContain(
      'Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    );
  });

  it('gives a claim without a class the one that became the default', async () => {
    await start();
    await claim('data', {});
    await world.client.create(resources.persistentVolumeClaims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: 'open' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await world.settle();
    expect(await claimState('open')).toBe('Pending');
    await storageClass('usual', {
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    });
    await world.advance(15_000);
    await world.advance(15_000);
    expect(await claimState('open')).toMatch(/^Bound pvc-/);
    expect(await claimState('data')).toBe('Pending');
  });
});

describe('volumes that are made on demand', () => {
  it('are made, deleted with their claims, and say that they are simulated', async () => {
    await start();
    await storageClass('fast');
    await claim('data', { storageClassName: 'fast' });
    const { metadata, spec } = await world.client.get(resources.persistentVolumeClaims, {
      namespace,
      name: 'data',
    });
    const name = `pvc-${metadata.uid}`;
    expect(spec.volumeName).toBe(name);
    expect(await volumeState(name)).toBe('Bound data');
    const made = await world.client.get(resources.persistentVolumes, { name });
    expect(made.metadata.annotations).toMatchObject({
      'pv.kubernetes.io/provisioned-by': 'simulated.drydock.dev/hostpath',
    });
    expect(await events()).toEqual(
      expect.arrayContaining([
        "Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'simulated.drydock.dev/hostpath' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
        `Normal ProvisioningSucceeded: Successfully provisioned volume ${name}`,
      ]),
    );
    await deleteClaim('data');
    expect(await volumeState(name)).toBe('NotFound');
  });

  it('wait for the scheduler when their class says so', async () => {
    await start();
    await storageClass('local', { volumeBindingMode: 'WaitForFirstConsumer' });
    await claim('data', { storageClassName: 'local' });
    expect(await claimState('data')).toBe('Pending');
    expect(await events()).toEqual([
      'Normal WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ]);
    await world.client.patch(
      resources.persistentVolumeClaims,
      { namespace, name: 'data' },
      {
        type: 'merge',
        patch: { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'a' } } },
      },
    );
    await world.settle();
    expect(await claimState('data')).toMatch(/^Bound pvc-/);
  });

  it('are not made by provisioners that were never there', async () => {
    await start();
    await storageClass('old', { provisioner: 'kubernetes.io/glusterfs' });
    await claim('data', { storageClassName: 'old' });
    await claim('lost', { storageClassName: 'none' });
    expect(await events()).toEqual(
      expect.arrayContaining([
        'Warning ProvisioningFailed: no volume plugin matched',
        'Warning ProvisioningFailed: storageclass.storage.k8s.io "none" not found',
      ]),
    );
  });

  it('grow when their class allows it', async () => {
    await start();
    await storageClass('fast', { allowVolumeExpansion: true });
    await claim('data', { storageClassName: 'fast' });
    await world.client.patch(
      resources.persistentVolumeClaims,
      { namespace, name: 'data' },
      { type: 'merge', patch: { spec: { resources: { requests: { storage: '3Gi' } } } } },
    );
    await world.settle();
    const { status, spec } = await world.client.get(resources.persistentVolumeClaims, {
      namespace,
      name: 'data',
    });
    expect(status?.capacity).toEqual({ storage: '3Gi' });
    const { spec: of } = await world.client.get(resources.persistentVolumes, {
      name: spec.volumeName ?? '',
    });
    expect(of.capacity).toEqual({ storage: '3Gi' });
    expect(await events()).toEqual(
      expect.arrayContaining([
        'Warning ExternalExpanding: waiting for an external controller to expand this PVC',
        'Normal VolumeResizeSuccessful: Resize volume succeeded',
      ]),
    );
  });
});

describe('protection', () => {
  const pod = async (volumes: readonly object[]): Promise<void> => {
    await world.client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'user' },
      spec: {
        nodeName: 'a',
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'web' }],
        volumes: volumes as never,
      },
    });
    await world.settle();
  };

  it('keeps a claim while a Pod uses it, and its volume while it is bound', async () => {
    await start();
    await volume('v');
    await claim('data');
    await pod([{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]);
    await deleteClaim('data');
    await world.client.delete(resources.persistentVolumes, { name: 'v' });
    await world.settle();
    expect([await claimState('data'), await volumeState('v')]).toEqual(['Bound v', 'Bound data']);
    await world.client.delete(
      resources.pods,
      { namespace, name: 'user' },
      { gracePeriodSeconds: 0 },
    );
    await world.settle();
    expect([await claimState('data'), await volumeState('v')]).toEqual(['NotFound', 'NotFound']);
  });

  it('makes claims for ephemeral volumes, which belong to the Pod', async () => {
    await start();
    await storageClass('fast');
    const volumeClaimTemplate = {
      metadata: { labels: { of: 'pod' } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
      },
    };
    await pod([{ name: 'scratch', ephemeral: { volumeClaimTemplate } }]);
    expect(await claimState('user-scratch')).toMatch(/^Bound pvc-/);
    const { metadata } = await world.client.get(resources.persistentVolumeClaims, {
      namespace,
      name: 'user-scratch',
    });
    expect(metadata.labels).toEqual({ of: 'pod' });
    expect(metadata.ownerReferences).toMatchObject([
      { kind: 'Pod', name: 'user', controller: true, blockOwnerDeletion: true },
    ]);
  });
});
