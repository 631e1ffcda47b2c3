/** Volumes of Pods, as containers on a real machine see them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import type { Volume, VolumeMount } from '../../../engine/objects/generated/core-v1.generated.ts';
import { OneNode } from './one-node.ts';

let node: OneNode;
beforeAll(async () => {
  node = await OneNode.start();
});
afterAll(() => node.end());

const at = (name: string, mountPath: string, more: Partial<VolumeMount> = {}): VolumeMount => ({
  name,
  mountPath,
  ...more,
});

async function configMap(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  await node.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'default', name },
    data,
  });
}

async function secret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  await node.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name },
    stringData: data,
  });
}

describe('emptyDir', () => {
  const shared: Volume = { name: 'shared', emptyDir: {} };

  it('is shared by init containers and containers', async () => {
    const mount = { volumeMounts: [at('shared', '/data')] };
    const initContainers = [
      {
        name: 'init',
        image: 'busybox',
        command: ['sh', '-c', 'echo hello > /data/file'],
        ...mount,
      },
    ];
    const spec = { volumes: [shared], initContainers };
    expect(await node.output('shared', 'cat /data/file', mount, spec)).toBe('hello');
  });

  it('may be written by any user, and belongs to the group', async () => {
    const main = {
      volumeMounts: [at('shared', '/data')],
      securityContext: { runAsUser: 1000, runAsGroup: 3000 },
    };
    const spec = { volumes: [shared], securityContext: { fsGroup: 2000 } };
    expect(
      await node.output(
        'group',
        'touch /data/x && stat -c "%a %g" /data && stat -c "%u %g" /data/x; id -G',
        main,
        spec,
      ),
    ).toBe('2777 2000\n1000 2000\n3000 2000');
  });

  it('of memory is a tmpfs of that size', async () => {
    const volumes = [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }];
    const main = { volumeMounts: [at('fast', '/fast')] };
    expect(
      await node.output(
        'memory',
        'grep " /fast " /proc/mounts | cut -d" " -f1,3; df -k /fast | tail -1 | awk \'{print $2}\'; head -c 2000000 /dev/zero 2> /dev/null > /fast/big; stat -c %s /fast/big',
        main,
        { volumes },
      ),
    ).toBe('tmpfs tmpfs\n1024\n1048576');
  });

  it('outlives a container that ends, and goes with the Pod', async () => {
    const main = {
      command: [
        'sh',
        '-c',
        'echo run >> /data/runs; wc -l < /data/runs; [ $(wc -l < /data/runs) -gt 1 ]',
      ],
      volumeMounts: [at('shared', '/data')],
    };
    await node.create('again', main, { volumes: [shared], restartPolicy: 'OnFailure' });
    const { metadata } = await node.until('again', ({ status }) => status?.phase === 'Succeeded');
    const path = `/var/lib/kubelet/pods/${metadata.uid}`;
    await node.delete('again');
    await expect.poll(() => node.sh(`ls -d ${path} 2>/dev/null || echo gone`)).toBe('gone');
  });
});

describe('a ConfigMap', () => {
  it('is files with modes, below chosen paths, read-only', async () => {
    await configMap('settings', { color: 'blue', size: 'large' });
    const items = [{ key: 'color', path: 'deep/er/color', mode: 0o400 }];
    const volumes: Volume[] = [{ name: 'config', configMap: { name: 'settings', items } }];
    const main = { volumeMounts: [at('config', '/etc/app')] };
    expect(
      await node.output(
        'items',
        'cat /etc/app/deep/er/color; echo; stat -L -c %a /etc/app/deep/er/color; ls /etc/app; touch /etc/app/x 2>&1',
        main,
        { volumes },
      ),
    ).toBe('blue\n400\ndeep\ntouch: /etc/app/x: Read-only file system');
  });

  it('that changes changes in running containers within seconds', async () => {
    await configMap('live', { text: 'before' });
    const volumes: Volume[] = [{ name: 'config', configMap: { name: 'live' } }];
    const main = {
      command: [
        'sh',
        '-c',
        'until grep -q after /etc/app/text; do sleep 0.2; done; cat /etc/app/text /etc/app/more',
      ],
      volumeMounts: [at('config', '/etc/app')],
    };
    await node.create('live', main, { volumes });
    const { metadata } = await node.running('live');
    await node.client.patch(
      resources.configMaps,
      { namespace: 'default', name: 'live' },
      { type: 'merge', patch: { data: { text: 'after\n', more: 'more\n' } } },
    );
    await node.until('live', ({ status }) => status?.phase === 'Succeeded');
    expect(await node.log(metadata.uid, 'live', 'main')).toBe('after\nmore');
  });

  it('does not change where a sub-path of it is mounted', async () => {
    await configMap('part', { 'app.conf': 'one' });
    const volumes: Volume[] = [{ name: 'config', configMap: { name: 'part' } }];
    const main = { volumeMounts: [at('config', '/etc/app.conf', { subPath: 'app.conf' })] };
    expect(
      await node.output('part', 'cat /etc/app.conf; ls -d /etc/passwd', main, { volumes }),
    ).toBe('one/etc/passwd');
  });

  it('that is missing is waited for, with the reason in an event', async () => {
    const volumes: Volume[] = [{ name: 'config', configMap: { name: 'later' } }];
    const main = { command: ['cat', '/etc/app/text'], volumeMounts: [at('config', '/etc/app')] };
    await node.create('waits', main, { volumes });
    expect(await node.event('waits', 'FailedMount')).toBe(
      'MountVolume.SetUp failed for volume "config" : configmap "later" not found',
    );
    const { status } = await node.until('waits', (pod) => pod.status?.phase === 'Pending');
    expect(status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    await configMap('later', { text: 'here' });
    await node.until('waits', (pod) => pod.status?.phase === 'Succeeded');
  });

  it('that is optional may be missing', async () => {
    const volumes: Volume[] = [{ name: 'config', configMap: { name: 'never', optional: true } }];
    const main = { volumeMounts: [at('config', '/etc/app')] };
    expect(await node.output('optional', 'ls /etc/app | wc -l', main, { volumes })).toBe('0');
  });

  it('has a place for another volume that is mounted inside', async () => {
    await configMap('outer', { text: 'outer' });
    const volumes: Volume[] = [
      { name: 'config', configMap: { name: 'outer' } },
      { name: 'inner', emptyDir: {} },
    ];
    const volumeMounts = [at('config', '/etc/app'), at('inner', '/etc/app/inner')];
    expect(
      await node.output(
        'nested',
        'touch /etc/app/inner/x && ls /etc/app /etc/app/inner',
        { volumeMounts },
        { volumes },
      ),
    ).toBe('/etc/app:\ninner\ntext\n\n/etc/app/inner:\nx');
  });
});

describe('a Secret', () => {
  it('is files that only its group reads', async () => {
    await secret('login', { password: 's3cret' });
    const volumes: Volume[] = [
      { name: 'login', secret: { secretName: 'login', defaultMode: 0o400 } },
    ];
    const main = {
      volumeMounts: [at('login', '/login')],
      securityContext: { runAsUser: 1000 },
    };
    const spec = { volumes, securityContext: { fsGroup: 2000 } };
    expect(
      await node.output(
        'login',
        'cat /login/password; stat -L -c " %a %u %g" /login/password',
        main,
        spec,
      ),
    ).toBe('s3cret 440 0 2000');
  });
});

describe('what a Pod knows of itself', () => {
  it('is files that follow its labels', async () => {
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    const volumes: Volume[] = [{ name: 'info', downwardAPI: { items } }];
    const main = {
      command: ['sh', '-c', 'until grep -q new /info/labels; do sleep 0.2; done; cat /info/labels'],
      volumeMounts: [at('info', '/info')],
    };
    await node.create('labels', main, { volumes });
    const { metadata } = await node.running('labels');
    await node.client.patch(
      resources.pods,
      { namespace: 'default', name: 'labels' },
      { type: 'merge', patch: { metadata: { labels: { tier: 'new' } } } },
    );
    await node.until('labels', ({ status }) => status?.phase === 'Succeeded');
    expect(await node.log(metadata.uid, 'labels', 'main')).toBe('app="labels"\ntier="new"');
  });

  it('and a token of its own, by which the API server knows it', async () => {
    const output = await node.output(
      'token',
      'cd /var/run/secrets/kubernetes.io/serviceaccount && ls && cat namespace && echo && head -1 ca.crt && cat token',
    );
    const [ca, namespace, token, text, pem, jwt = ''] = output.split('\n');
    expect([ca, namespace, token, text, pem]).toEqual([
      'ca.crt',
      'namespace',
      'token',
      'default',
      '-----BEGIN CERTIFICATE-----',
    ]);
    const { status } = await node.client.create(resources.tokenReviews, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token: jwt },
    });
    expect(status?.user?.username).toBe('system:serviceaccount:default:default');
    expect(status?.user?.extra?.['authentication.kubernetes.io/pod-name']).toEqual(['token']);
  });
});

describe('a hostPath', () => {
  it('is the node, which is checked first', async () => {
    await node.sh('mkdir -p /srv/site && echo from the node > /srv/site/index');
    const volumes: Volume[] = [
      { name: 'site', hostPath: { path: '/srv/site', type: 'Directory' } },
    ];
    const main = { volumeMounts: [at('site', '/site')] };
    expect(
      await node.output('host', 'cat /site/index; echo back > /site/answer', main, { volumes }),
    ).toBe('from the node');
    expect(await node.sh('cat /srv/site/answer')).toBe('back');
    const wrong: Volume[] = [{ name: 'site', hostPath: { path: '/srv/site', type: 'File' } }];
    await node.create('host-wrong', main, { volumes: wrong });
    expect(await node.event('host-wrong', 'FailedMount')).toBe(
      `MountVolume.SetUp failed for volume "site" : hostPath type check failed: /srv/site is not a file, it's a Directory`,
    );
  });

  it('shows what is mounted on the node later, if asked', async () => {
    await node.sh('mkdir -p /srv/tree/later');
    const volumes: Volume[] = [{ name: 'tree', hostPath: { path: '/srv/tree' } }];
    const main = {
      command: ['sh', '-c', 'until [ -e /tree/later/file ]; do sleep 0.2; done; echo seen'],
      volumeMounts: [at('tree', '/tree', { mountPropagation: 'HostToContainer' })],
    };
    await node.create('propagation', main, { volumes });
    const { metadata } = await node.running('propagation');
    await node.sh('mount -t tmpfs tmpfs /srv/tree/later && touch /srv/tree/later/file');
    await node.until('propagation', ({ status }) => status?.phase === 'Succeeded');
    expect(await node.log(metadata.uid, 'propagation', 'main')).toBe('seen');
  });
});

describe('a claim', () => {
  it('gets a directory of the node, which keeps its data over Pods', async () => {
    await node.client.create(resources.storageClasses, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'simulated.drydock.dev/hostpath',
      volumeBindingMode: 'Immediate',
    });
    await node.client.create(resources.persistentVolumeClaims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace: 'default', name: 'data' },
      spec: {
        storageClassName: 'local',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    });
    const volumes: Volume[] = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    const main = {
      volumeMounts: [at('data', '/data')],
      securityContext: { runAsUser: 1000 },
    };
    expect(await node.output('writer', 'echo kept > /data/file; id -u', main, { volumes })).toBe(
      '1000',
    );
    await node.delete('writer');
    expect(await node.output('reader', 'cat /data/file', main, { volumes })).toBe('kept');
  });

  it('that is not there is told of', async () => {
    const volumes: Volume[] = [{ name: 'data', persistentVolumeClaim: { claimName: 'missing' } }];
    const main = { volumeMounts: [at('data', '/data')] };
    await node.create('no-claim', main, { volumes });
    expect(await node.event('no-claim', 'FailedMount')).toContain(
      'failed to fetch PVC from API server: persistentvolumeclaims "missing" not found',
    );
  });
});

describe('a sub-path', () => {
  it('may be of what a variable says', async () => {
    const volumes: Volume[] = [{ name: 'work', emptyDir: {} }];
    const env = [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    const volumeMounts = [at('work', '/all'), at('work', '/own', { subPathExpr: 'logs/$(NAME)' })];
    const main = { env, volumeMounts };
    expect(await node.output('expr', 'touch /own/x; find /all -name x', main, { volumes })).toBe(
      '/all/logs/expr/x',
    );
  });
});

describe('after the kubelet crashed', () => {
  it('volumes of running Pods are as they were, and go on changing', async () => {
    await configMap('crash', { text: 'before' });
    const volumes: Volume[] = [
      { name: 'config', configMap: { name: 'crash' } },
      { name: 'work', emptyDir: {} },
    ];
    const main = {
      command: [
        'sh',
        '-c',
        'echo mine > /work/file; until grep -q after /etc/app/text; do sleep 0.2; done; cat /work/file',
      ],
      volumeMounts: [at('config', '/etc/app'), at('work', '/work')],
    };
    await node.create('crash', main, { volumes });
    const { metadata } = await node.running('crash');
    await node.restartKubelet();
    await node.client.patch(
      resources.configMaps,
      { namespace: 'default', name: 'crash' },
      { type: 'merge', patch: { data: { text: 'after' } } },
    );
    await node.until('crash', ({ status }) => status?.phase === 'Succeeded');
    expect(await node.log(metadata.uid, 'crash', 'main')).toBe('mine');
  });

  // What the agent is asked for when a sandbox is made, and when a container starts.
  it.each(['sandbox.create', 'task.start'])(
    'a Pod whose start was cut off at %s starts once, and leaves nothing behind',
    async (op) => {
      const traces = () =>
        node.sh(
          [
            'cd /run/drydock; ls netns utsns ipcns shm tasks; ls /sys/class/net',
            'find /var/lib/cni/networks/drydock /var/lib/cni/results -name "*[0-9]*" ! -name "last*"',
            "grep -cE 'netns|utsns|ipcns|shm|containers' /proc/self/mountinfo",
            'nft list table ip drydock_hostport',
          ].join('; '),
        );
      const name = `cut-off-${op.replace('.', '-')}`;
      const main = { command: ['sleep', '100000'], ports: [{ containerPort: 80, hostPort: 8080 }] };
      // With a grace period, a Pod goes from the API when nothing of it is left on the node.
      const spec = { terminationGracePeriodSeconds: 1 };
      await node.create('before', main, spec);
      await node.running('before');
      await node.deleted('before');
      const before = await traces();
      const crashed = node.kubeletCrashesAt(op);
      await node.create(name, main, spec);
      await crashed;
      const { status } = await node.running(name);
      expect(status?.containerStatuses?.[0]?.ready).toBe(true);
      await node.deleted(name);
      await expect.poll(traces).toBe(before);
    },
  );
});
