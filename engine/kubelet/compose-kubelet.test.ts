import { beforeEach, expect, it } from 'vitest';
import { resources } from '../client/resources.ts';
import { composeKubelet } from './compose-kubelet.ts';
import { KubeletWorld } from './testing/kubelet-world.ts';

let world: KubeletWorld;
beforeEach(async () => {
  world = new KubeletWorld();
  await world.start(composeKubelet);
});

it('runs a Pod with a ConfigMap and a probe from the API to its end', async () => {
  await world.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { 'app.conf': 'colour = blue\n', COLOUR: 'blue' },
  });
  let isReady = false;
  world.cri.onExec = () => ({ exitCode: isReady ? 0 : 1, stderr: 'not yet' });
  const pod = await world.run('job', {
    restartPolicy: 'OnFailure',
    volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
    containers: [
      {
        name: 'main',
        image: 'busybox',
        env: [
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOUR' } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        volumeMounts: [{ name: 'settings', mountPath: '/etc/app' }],
        readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 2 },
      },
    ],
  });
  expect(await world.summary('job')).toBe('Running ready=False main:running/0');
  const { uid } = pod.metadata;
  const { config } = world.cri.container('main');
  expect(config.envs).toContainEqual({ key: 'COLOUR', value: 'blue' });
  expect(config.envs).toContainEqual({ key: 'IP', value: '10.244.0.1' });
  const directory = `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~configmap/settings`;
  expect(config.mounts).toContainEqual(
    expect.objectContaining({ containerPath: '/etc/app', hostPath: directory }),
  );
  expect(world.node.text(`${directory}/app.conf`)).toBe('colour = blue\n');
  expect(world.node.cgroups.has(`/kubepods/besteffort/pod${uid}`)).toBe(true);

  isReady = true;
  await world.after(5);
  expect(await world.summary('job')).toBe('Running ready=True main:running/0');

  world.cri.exit('main');
  await world.after(3);
  expect(await world.summary('job')).toBe('Succeeded ready=False main:Completed/0');
  expect(world.node.text(`${directory}/app.conf`)).toBeUndefined();
  expect(world.node.cgroups.has(`/kubepods/besteffort/pod${uid}`)).toBe(false);

  await world.delete('job');
  expect(await world.exists('job')).toBe(false);
  await world.after(3);
  expect(world.errors).toEqual([]);
});

it('waits for a ConfigMap and says so', async () => {
  await world.run('web', {
    volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
    containers: [
      {
        name: 'main',
        image: 'busybox',
        volumeMounts: [{ name: 'settings', mountPath: '/etc/app' }],
      },
    ],
  });
  expect(await world.events('web')).toContain(
    'Warning FailedMount MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
  );
  await world.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
  });
  await world.after(3);
  expect(await world.summary('web')).toBe('Running ready=True main:running/0');
});
