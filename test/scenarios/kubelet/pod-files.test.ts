/** What a kubelet puts on a node for Pods, on a real machine without a cluster. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import { settle } from '../../../engine/client/testing/settle.ts';
import { podParts } from '../../../engine/kubelet/pod-parts.ts';
import { TestContext, testPod } from '../../../engine/kubelet/testing/test-context.ts';
import type { Pod, Volume } from '../../../engine/objects/generated/core-v1.generated.ts';
import { testMachine, type TestMachine } from '../machine/machines.ts';

let machine: TestMachine;
let context: TestContext;
let parts: ReturnType<typeof podParts>;
beforeAll(async () => {
  machine = await testMachine({ profile: 'node' });
  context = new TestContext(machine.agent);
  parts = podParts(context);
  await parts.cgroups.start();
});
afterAll(() => machine.destroy());

const PODS = '/var/lib/kubelet/pods';

/** A Pod that mounts these volumes at /mnt/<name>. */
function podWith(uid: string, volumes: readonly Volume[], fsGroup?: number): Pod {
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
  const containers = [{ name: 'web', image: 'nginx', volumeMounts }];
  const group = fsGroup === undefined ? {} : { securityContext: { fsGroup } };
  return testPod({ volumes, containers, ...group }, { uid });
}

async function configMap(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  await context.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'default', name },
    data,
  });
}

it('shows readers a ConfigMap as it was or as it is, never half', async () => {
  await configMap('pair', { one: 'a'.repeat(5000), two: 'a'.repeat(5000) });
  const pod = podWith('atomic', [{ name: 'pair', configMap: { name: 'pair' } }]);
  await parts.volumes.mount(pod);
  const path = `${PODS}/atomic/volumes/kubernetes.io~configmap/pair`;
  expect(
    await machine.sh(`ls ${path} && readlink ${path}/one && stat -c %a ${path}/..data/one`),
  ).toBe('one\ntwo\n..data/one\n644');
  // Reads through the directory that it opened once see one version.
  const reader = machine.sh(
    `for i in $(seq 20); do (cd -P ${path}/..data && cat one two | tr -s a-z; echo) 2>/dev/null; done`,
  );
  for (const letter of ['b', 'c', 'd']) {
    const data = { one: letter.repeat(5000), two: letter.repeat(5000) };
    await context.client.patch(
      resources.configMaps,
      { namespace: 'default', name: 'pair' },
      { type: 'merge', patch: { data } },
    );
    await parts.volumes.refresh(pod);
  }
  for (const seen of (await reader).split('\n')) expect(seen).toMatch(/^.?$/);
  expect(await machine.sh(`head -c3 ${path}/two; ls -A ${path} | wc -l`)).toBe('ddd4');
});

it('gives files and directories to the group of the Pod', async () => {
  await configMap('settings', { 'app.conf': 'x' });
  const volumes: Volume[] = [
    { name: 'conf', configMap: { name: 'settings', defaultMode: 0o400 } },
    { name: 'work', emptyDir: {} },
    { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  ];
  await parts.volumes.mount(podWith('group', volumes, 2_000_000_000));
  const path = `${PODS}/group/volumes`;
  expect(
    await machine.sh(
      `cd ${path}; stat -L -c '%a %u:%g' kubernetes.io~configmap/conf/app.conf kubernetes.io~empty-dir/work kubernetes.io~empty-dir/fast`,
    ),
  ).toBe('440 0:2000000000\n2777 0:2000000000\n3777 0:2000000000');
  expect(
    await machine.sh(
      `df --output=size -B1 ${path}/kubernetes.io~empty-dir/fast | tail -1 | tr -d ' '`,
    ),
  ).toBe('1048576');
  await expect(
    machine.sh(`head -c 2000000 /dev/zero > ${path}/kubernetes.io~empty-dir/fast/big`),
  ).rejects.toThrow('No space left on device');
});

it('unmounts what is mounted, and removes the rest', async () => {
  expect(await parts.volumes.known()).toEqual(expect.arrayContaining(['atomic', 'group']));
  for (const uid of ['atomic', 'group']) await parts.volumes.unmount(uid);
  expect(await parts.volumes.known()).toEqual([]);
  expect(await machine.sh('grep -c /var/lib/kubelet /proc/mounts || true')).toBe('0');
});

it('binds a local volume with its group, and keeps the data', async () => {
  await machine.sh(
    'mkdir -p /mnt/disk/deep && echo precious > /mnt/disk/deep/file && chmod 600 /mnt/disk/deep/file',
  );
  const { metadata } = await context.client.create(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name: 'data' },
    spec: { volumeName: 'disk' },
    status: { phase: 'Bound' },
  });
  await context.client.create(resources.persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'disk' },
    spec: { claimRef: { uid: metadata.uid }, local: { path: '/mnt/disk' } },
  });
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  await parts.volumes.mount(podWith('local', volumes, 1234));
  const path = `${PODS}/local/volumes/kubernetes.io~local-volume/disk`;
  expect(
    await machine.sh(`cat ${path}/deep/file; stat -c '%a %g' ${path}/deep/file ${path}/deep`),
  ).toBe('precious\n660 1234\n2775 1234');
  await parts.volumes.unmount('local');
  expect(await machine.sh('cat /mnt/disk/deep/file')).toBe('precious');
});

it('makes sub-paths, and does not follow a link out of the volume', async () => {
  const pod = podWith('sub', [{ name: 'work', emptyDir: {} }]);
  await parts.volumes.mount(pod);
  const path = `${PODS}/sub/volumes/kubernetes.io~empty-dir/work`;
  const at = (subPath: string) => ({
    name: 'web',
    volumeMounts: [{ name: 'work', mountPath: '/data', subPath }],
  });
  await machine.sh(`mkdir -m 700 ${path}/kept && ln -s /etc ${path}/out && ln -s kept ${path}/in`);
  const hostPathOf = async (subPath: string): Promise<string | undefined> =>
    (await parts.volumes.mountsOf(pod, at(subPath), new Map()))[0]?.hostPath;
  expect(await hostPathOf('kept/new dir/x')).toBe(`${path}/kept/new dir/x`);
  expect(await hostPathOf('in')).toBe(`${path}/kept`);
  expect(await machine.sh(`stat -c %a ${path}/kept '${path}/kept/new dir/x'`)).toBe('700\n777');
  await expect(hostPathOf('out/passwd')).rejects.toThrow('failed to prepare subPath');
  await expect(hostPathOf('out/made')).rejects.toThrow('failed to create subPath directory');
  expect(await machine.sh('ls /etc/made 2>/dev/null || echo none')).toBe('none');
});

it('writes hosts, a place for the last message and a directory for logs', async () => {
  const pod = podWith('files', []);
  await parts.volumes.mount(pod);
  await settle();
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error('no container');
  const { mounts } = await parts.configs.container({
    pod,
    container,
    restartCount: 0,
    imageId: 'sha256:1',
    imageUser: { username: '' },
    podIps: ['10.244.1.2'],
  });
  const [hosts, message] = mounts;
  expect(await machine.sh(`tail -1 ${hosts?.hostPath}; stat -c '%a %s' ${message?.hostPath}`)).toBe(
    '10.244.1.2\tweb\n666 0',
  );
  expect(await machine.sh('stat -c %F /var/log/pods/default_web_files/web')).toBe('directory');
});

it("limits a Pod's cgroup in the kernel", async () => {
  const limits = { cpu: '500m', memory: '16Mi' };
  const pod = testPod(
    { containers: [{ name: 'web', resources: { limits, requests: limits } }] },
    { uid: 'limited' },
  );
  await parts.cgroups.ensure(pod);
  const path = `/sys/fs/cgroup${parts.cgroups.pathOf(pod)}`;
  expect(await machine.sh(`cd ${path}; cat cpu.max cpu.weight memory.max pids.max`)).toBe(
    '50000 100000\n20\n16777216\nmax',
  );
  expect(await parts.cgroups.known()).toEqual(['limited']);
  await parts.cgroups.remove('limited');
  expect(await machine.sh(`ls -d ${path} 2>/dev/null || echo gone`)).toBe('gone');
});

it('needs few instructions of the machine for a Pod with a token', async () => {
  context.client.createSubresource = <Result>(): Promise<Result> => {
    const expirationTimestamp = new Date(context.clock.now() + 3_600_000).toISOString();
    const answer = {
      spec: { expirationSeconds: 3600 },
      status: { token: 'x'.repeat(900), expirationTimestamp },
    };
    return Promise.resolve(answer as Result);
  };
  await configMap('kube-root-ca.crt', { 'ca.crt': 'y'.repeat(1100) });
  const sources = [
    { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
      },
    },
  ];
  const volume: Volume = { name: 'kube-api-access', projected: { sources, defaultMode: 420 } };
  await parts.volumes.mount(podWith('warm', [volume]));
  const before = (await machine.service.metrics()).instructions;
  await parts.volumes.mount(podWith('token', [volume]));
  const used = (await machine.service.metrics()).instructions - before;
  expect(await machine.sh(`ls ${PODS}/token/volumes/kubernetes.io~projected/kube-api-access`)).toBe(
    'ca.crt\nnamespace\ntoken',
  );
  expect(used).toBeLessThan(5_000_000);
});
