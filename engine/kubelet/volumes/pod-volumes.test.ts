import { beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { advance, settle } from '../../client/testing/settle.ts';
import type { Pod, Volume } from '../../objects/generated/core-v1.generated.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { PodVolumes } from '../contracts.ts';
import { VolumeError } from '../contracts.ts';
import { podParts } from '../pod-parts.ts';
import { TestContext, testPod } from '../testing/test-context.ts';

const VOLUMES = '/var/lib/kubelet/pods/uid-1/volumes';
const CONFIG = `${VOLUMES}/kubernetes.io~configmap/config`;

let context: TestContext;
let volumes: PodVolumes;
beforeEach(() => {
  context = new TestContext();
  ({ volumes } = podParts(context));
});

/** A Pod that mounts these volumes at /mnt/<name>. */
function podWith(...list: readonly Volume[]): Pod {
  const volumeMounts = list.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
  return testPod({
    volumes: list,
    containers: [{ name: 'web', image: 'nginx', volumeMounts }],
  });
}

const configVolume: Volume = {
  name: 'config',
  configMap: { name: 'settings', defaultMode: 0o644 },
};

async function configMap(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { namespace: 'default', name };
  await context.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data,
  });
}

async function change(name: string, data: Readonly<Record<string, string | null>>): Promise<void> {
  await context.client.patch(
    resources.configMaps,
    { namespace: 'default', name },
    { type: 'merge', patch: { data } },
  );
  await settle();
}

async function failureOf(mounting: Promise<void>): Promise<readonly string[]> {
  const error = await mounting.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof VolumeError)) throw error ?? new Error('It worked.');
  return error.failures.map(({ reason, message }) => `${reason} ${message}`);
}

it('writes a ConfigMap as upstream does: a directory named for the time, behind links', async () => {
  await configMap('settings', { color: 'blue', size: 'large' });
  await volumes.mount(podWith(configVolume));
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('blue');
  expect(context.fakeNode.describe(`${CONFIG}/color`)).toBe('-> ..data/color');
  const [directory = '', ...others] = context.fakeNode.names(CONFIG);
  expect(directory).toMatch(/^\.\.2026_11_26_18_00_00\.\d+$/);
  expect(others).toEqual(['..data', 'color', 'size']);
  expect(context.fakeNode.describe(`${CONFIG}/..data`)).toBe(`-> ${directory}`);
  expect(context.fakeNode.describe(`${CONFIG}/${directory}/color`)).toBe('644 0:0');
  expect(context.fakeNode.describe(CONFIG)).toBe('777 0:0');
});

it('needs one round trip for a Pod, beside the question of what is there from before', async () => {
  await configMap('settings', { color: 'blue' });
  await volumes.mount(podWith(configVolume, { name: 'cache', emptyDir: {} }));
  expect(context.fakeNode.calls).toEqual(['file.list', 'tar.write']);
  await volumes.mount(podWith(configVolume, { name: 'cache', emptyDir: {} }));
  await volumes.refresh(podWith(configVolume, { name: 'cache', emptyDir: {} }));
  expect(context.fakeNode.calls).toHaveLength(2);
});

it('brings a change to the files as soon as it is told, all at once', async () => {
  await configMap('settings', { color: 'blue', size: 'large' });
  await volumes.mount(podWith(configVolume));
  const [before = ''] = context.fakeNode.names(CONFIG);
  context.fakeNode.calls.length = 0;
  await change('settings', { color: 'red', size: null, shape: 'round' });
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('red');
  expect(context.fakeNode.text(`${CONFIG}/shape`)).toBe('round');
  const names = context.fakeNode.names(CONFIG);
  expect(names).not.toContain(before);
  expect(names.slice(1)).toEqual(['..data', 'color', 'shape']);
  expect(context.fakeNode.calls).toEqual([
    'tar.write',
    'file.rename',
    'tar.write',
    'file.remove',
    'file.remove',
  ]);
});

it('says which object is missing, and mounts when it is there', async () => {
  const pod = podWith(configVolume, { name: 'cache', emptyDir: {} });
  expect(await failureOf(volumes.mount(pod))).toEqual([
    'FailedMount MountVolume.SetUp failed for volume "config" : configmap "settings" not found',
  ]);
  await configMap('settings', { color: 'blue' });
  await settle();
  await volumes.mount(pod);
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('blue');
});

it('tells after two minutes which volumes it still waits for', async () => {
  const pod = podWith(configVolume);
  await failureOf(volumes.mount(pod));
  context.clock.advance(123_000);
  expect((await failureOf(volumes.mount(pod)))[1]).toBe(
    'FailedMount Unable to attach or mount volumes: unmounted volumes=[config], unattached volumes=[], failed to process volumes=[]: context deadline exceeded',
  );
});

it('lets an optional object come later, and go again', async () => {
  await volumes.mount(
    podWith({ ...configVolume, configMap: { name: 'settings', optional: true } }),
  );
  expect(context.fakeNode.names(CONFIG).slice(1)).toEqual(['..data']);
  await configMap('settings', { color: 'blue' });
  await settle();
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('blue');
});

it('keeps what is there when an object goes that is not optional, and tells', async () => {
  await configMap('settings', { color: 'blue' });
  await volumes.mount(podWith(configVolume));
  await context.client.delete(resources.configMaps, { namespace: 'default', name: 'settings' });
  await settle();
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('blue');
  expect(context.recorded).toEqual([
    'Warning FailedMount MountVolume.SetUp failed for volume "config" : configmap "settings" not found',
  ]);
});

it('writes Secrets with chosen paths and modes, for a group', async () => {
  await context.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 'login' },
    data: { password: btoa('s3cret'), user: btoa('me') },
  });
  const items = [{ key: 'password', path: 'deep/er/pw', mode: 0o400 }];
  const pod = podWith({ name: 'login', secret: { secretName: 'login', items } });
  await volumes.mount({
    ...pod,
    spec: { ...pod.spec, securityContext: { fsGroup: 2000 } },
  });
  const path = `${VOLUMES}/kubernetes.io~secret/login`;
  const [directory = '', ...others] = context.fakeNode.names(path);
  expect(others).toEqual(['..data', 'deep']);
  expect(context.fakeNode.text(`${path}/deep/er/pw`)).toBe('s3cret');
  expect(context.fakeNode.describe(`${path}/${directory}/deep/er/pw`)).toBe('440 0:2000');
  expect(context.fakeNode.describe(`${path}/${directory}/deep`)).toBe('2755 0:2000');
});

it('refuses a key that is not there', async () => {
  await configMap('settings', { color: 'blue' });
  const items = [{ key: 'colour', path: 'colour' }];
  const pod = podWith({ name: 'config', configMap: { name: 'settings', items } });
  expect(await failureOf(volumes.mount(pod))).toEqual([
    'FailedMount MountVolume.SetUp failed for volume "config" : configmap references non-existent config key: colour',
  ]);
});

it('follows labels and annotations of the Pod', async () => {
  const items = [
    { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
    { path: 'cpu', resourceFieldRef: { containerName: 'web', resource: 'limits.cpu' } },
  ];
  const pod = podWith({ name: 'info', downwardAPI: { items } });
  const labelled = (labels: Readonly<Record<string, string>>): Pod => ({
    ...pod,
    metadata: { ...pod.metadata, labels },
  });
  await volumes.mount(labelled({ tier: 'front', app: 'web' }));
  const path = `${VOLUMES}/kubernetes.io~downward-api/info`;
  expect(context.fakeNode.text(`${path}/labels`)).toBe('app="web"\ntier="front"');
  expect(context.fakeNode.text(`${path}/cpu`)).toBe('2');
  await volumes.refresh(labelled({ app: 'other' }));
  expect(context.fakeNode.text(`${path}/labels`)).toBe('app="other"');
});

it('replaces a token when most of its life is over', async () => {
  const sources = [
    { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  ];
  const asked: unknown[] = [];
  context.client.createSubresource = async <Result>(
    _resource: unknown,
    _name: unknown,
    _subresource: string,
    body: object,
  ): Promise<Result> => {
    asked.push(body);
    const expirationTimestamp = new Date(context.clock.now() + 3600_000).toISOString();
    return {
      spec: { expirationSeconds: 3600 },
      status: { token: `token-${asked.length}`, expirationTimestamp },
    } as Result;
  };
  await configMap('kube-root-ca.crt', { 'ca.crt': 'CA' });
  const pod = podWith({ name: 'api', projected: { sources, defaultMode: 0o644 } });
  await volumes.mount(pod);
  await volumes.refresh(pod);
  const path = `${VOLUMES}/kubernetes.io~projected/api`;
  expect(context.fakeNode.text(`${path}/token`)).toBe('token-1');
  expect(context.fakeNode.text(`${path}/ca.crt`)).toBe('CA');
  await volumes.mount(pod);
  expect(asked).toHaveLength(1);
  await advance(context.clock, 2860_000, 10_000);
  expect(context.fakeNode.text(`${path}/token`)).toBe('token-1');
  await advance(context.clock, 30_000, 10_000);
  expect(context.fakeNode.text(`${path}/token`)).toBe('token-2');
  expect(asked[1]).toMatchObject({
    spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'uid-1' } },
  });
});

it('tells all that is missing of a projected volume', async () => {
  const sources = [{ configMap: { name: 'one' } }, { secret: { name: 'two' } }];
  const pod = podWith({ name: 'all', projected: { sources } });
  expect(await failureOf(volumes.mount(pod))).toEqual([
    'FailedMount MountVolume.SetUp failed for volume "all" : [configmap "one" not found, secret "two" not found]',
  ]);
});

it('mounts memory with the least of its limits, and unmounts it before the directory goes', async () => {
  const pod = podWith({ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } });
  await volumes.mount(pod);
  const path = `${VOLUMES}/kubernetes.io~empty-dir/fast`;
  expect(context.fakeNode.mounts.get(path)).toMatchObject({
    type: 'tmpfs',
    data: 'size=8388608,mode=1777',
  });
  await volumes.unmount('uid-1');
  expect(context.fakeNode.mounts.size).toBe(0);
  expect(context.fakeNode.names('/var/lib/kubelet/pods')).toEqual([]);
  expect(await volumes.known()).toEqual([]);
});

it('removes nothing while something is mounted that cannot be unmounted', async () => {
  await volumes.mount(podWith({ name: 'fast', emptyDir: { medium: 'Memory' } }));
  context.fakeNode.failures.set('file.unmount', new AgentError('EBUSY', 'device or resource busy'));
  await expect(volumes.unmount('uid-1')).rejects.toThrow('device or resource busy');
  context.fakeNode.failures.clear();
  await volumes.unmount('uid-1');
  expect(await volumes.known()).toEqual([]);
});

it('checks paths of the node, and makes those it may', async () => {
  context.fakeNode.add('/etc/passwd', 'root');
  const hostVolume = (
    path: string,
    type: 'Directory' | 'DirectoryOrCreate' | 'Socket',
  ): Volume => ({
    name: 'host',
    hostPath: { path, type },
  });
  expect(await failureOf(volumes.mount(podWith(hostVolume('/etc/passwd', 'Directory'))))).toEqual([
    `FailedMount MountVolume.SetUp failed for volume "host" : hostPath type check failed: /etc/passwd is not a directory, it's a File`,
  ]);
  expect(await failureOf(volumes.mount(podWith(hostVolume('/run/none', 'Socket'))))).toEqual([
    'FailedMount MountVolume.SetUp failed for volume "host" : hostPath type check failed, /run/none is not a socket file, unable to determine its type: path "/run/none" does not exist',
  ]);
  await volumes.mount(podWith(hostVolume('/srv/data', 'DirectoryOrCreate')));
  expect(context.fakeNode.describe('/srv/data')).toBe('755 0:0');
});

async function claim(
  phase: 'Bound' | 'Pending',
  spec: Readonly<Record<string, unknown>> = {
    hostPath: { path: '/var/lib/drydock/volumes/pv', type: 'DirectoryOrCreate' },
  },
): Promise<void> {
  const { metadata } = await context.client.create(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name: 'data' },
    spec: { volumeName: 'pv' },
    status: { phase },
  });
  await context.client.create(resources.persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: 'pv',
      annotations: { 'pv.kubernetes.io/provisioned-by': 'simulated.drydock.dev/hostpath' },
    },
    spec: { claimRef: { uid: metadata.uid }, ...spec },
  });
}

const dataVolume: Volume = { name: 'data', persistentVolumeClaim: { claimName: 'data' } };

it('waits for a claim, and says why', async () => {
  expect(await failureOf(volumes.mount(podWith(dataVolume)))).toEqual([
    'FailedMount Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC default/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found',
  ]);
  await claim('Pending');
  expect(await failureOf(volumes.mount(podWith(dataVolume)))).toEqual([
    'FailedMount Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC default/data: PVC is not bound',
  ]);
});

it('gives a provisioned volume a directory that every user may write in', async () => {
  await claim('Bound');
  const pod = podWith(dataVolume);
  await volumes.mount(pod);
  expect(context.fakeNode.describe('/var/lib/drydock/volumes/pv')).toBe('777 0:0');
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error('no container');
  expect(await volumes.mountsOf(pod, container, new Map())).toEqual([
    {
      containerPath: '/mnt/data',
      hostPath: '/var/lib/drydock/volumes/pv',
      readonly: false,
      propagation: 'PROPAGATION_PRIVATE',
    },
  ]);
});

it('does not mount a volume that cannot be reached from the node', async () => {
  const values = ['worker-2'];
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values }];
  await claim('Bound', {
    hostPath: { path: '/data' },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
  });
  expect(await failureOf(volumes.mount(podWith(dataVolume)))).toEqual([
    'FailedMount MountVolume.NodeAffinity check failed for volume "pv" : no matching NodeSelectorTerms',
  ]);
});

it('mounts a local volume, and leaves its data when the Pod goes', async () => {
  context.fakeNode.add('/mnt/disk/precious', 'data');
  await claim('Bound', { local: { path: '/mnt/disk' } });
  await volumes.mount(podWith(dataVolume));
  expect(context.fakeNode.mounts.get(`${VOLUMES}/kubernetes.io~local-volume/pv`)).toMatchObject({
    source: '/mnt/disk',
    flags: 4096,
  });
  await volumes.unmount('uid-1');
  expect(context.fakeNode.text('/mnt/disk/precious')).toBe('data');
});

it('allows one Pod at a time on a volume for one Pod', async () => {
  await claim('Bound', { hostPath: { path: '/data' }, accessModes: ['ReadWriteOncePod'] });
  const pod = podWith(dataVolume);
  await volumes.mount(pod);
  const other = { ...pod, metadata: { ...pod.metadata, uid: 'uid-2' } };
  expect(await failureOf(volumes.mount(other))).toEqual([
    'FailedMount MountVolume.SetUp failed for volume "pv" : volume uses the ReadWriteOncePod access mode and is already in use by another pod',
  ]);
});

it('finds again what an earlier kubelet mounted, and changes only what changed', async () => {
  await configMap('settings', { color: 'blue' });
  const pod = podWith(configVolume, { name: 'cache', emptyDir: {} });
  await volumes.mount(pod);
  const cache = `${VOLUMES}/kubernetes.io~empty-dir/cache`;
  context.fakeNode.add(`${cache}/page`, 'cached');
  const [directory] = context.fakeNode.names(CONFIG);
  const later = podParts(context).volumes;
  await later.mount(pod);
  expect(context.fakeNode.names(CONFIG)).toEqual([directory, '..data', 'color']);
  expect(context.fakeNode.text(`${cache}/page`)).toBe('cached');
  await change('settings', { color: 'red' });
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('red');
  expect(await later.known()).toEqual(['uid-1']);
});

it('makes sub-paths inside of their volume, and refuses those that lead out', async () => {
  const cache: Volume = { name: 'cache', emptyDir: {} };
  const pod = podWith(cache);
  await volumes.mount(pod);
  const path = `${VOLUMES}/kubernetes.io~empty-dir/cache`;
  const mount = (mountPath: Readonly<Record<string, string>>) => ({
    name: 'web',
    volumeMounts: [{ name: 'cache', mountPath: '/data', ...mountPath }],
  });
  const [made] = await volumes.mountsOf(pod, mount({ subPath: 'a/b' }), new Map());
  expect(made?.hostPath).toBe(`${path}/a/b`);
  expect(context.fakeNode.describe(`${path}/a/b`)).toBe('777 0:0');
  const environment = new Map([['POD', 'web']]);
  const [expanded] = await volumes.mountsOf(pod, mount({ subPathExpr: 'x-$(POD)' }), environment);
  expect(expanded?.hostPath).toBe(`${path}/x-web`);
  await expect(
    volumes.mountsOf(pod, mount({ subPathExpr: '$(MISSING)' }), environment),
  ).rejects.toThrow('missing value for MISSING');
  context.fakeNode.addLink(`${path}/out`, '/etc');
  await expect(volumes.mountsOf(pod, mount({ subPath: 'out' }), new Map())).rejects.toThrow(
    'failed to prepare subPath for volumeMount "cache" of container "web"',
  );
});

it('prepares places for volumes that are mounted in others', async () => {
  await configMap('settings', { color: 'blue' });
  await volumes.mount(
    testPod({
      volumes: [configVolume, { name: 'cache', emptyDir: {} }],
      containers: [
        {
          name: 'web',
          volumeMounts: [
            { name: 'config', mountPath: '/etc/app' },
            { name: 'cache', mountPath: '/etc/app/cache' },
          ],
        },
      ],
    }),
  );
  expect(context.fakeNode.describe(`${CONFIG}/cache`)).toBe('755 0:0');
});

it('fails all volumes of a Pod when the disk is full', async () => {
  await configMap('settings', { color: 'blue' });
  const full = new AgentError('ENOSPC', 'mkdir /var: no space left on device');
  context.fakeNode.failures.set('tar.write', full);
  await expect(volumes.mount(podWith(configVolume))).rejects.toThrow(
    'MountVolume.SetUp failed for volume "config" : mkdir /var: no space left on device',
  );
  context.fakeNode.failures.clear();
  await volumes.mount(podWith(configVolume));
  expect(context.fakeNode.text(`${CONFIG}/color`)).toBe('blue');
});

it('stops watching objects when nobody uses them any more', async () => {
  await configMap('settings', { color: 'blue' });
  await volumes.mount(podWith(configVolume));
  await settle();
  const before = context.api.watches;
  await volumes.unmount('uid-1');
  await settle();
  expect(context.api.watches).toBe(before - 1);
});
