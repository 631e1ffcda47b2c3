/** Variables, names and rights of containers, as programs on a real machine see them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import type { Container } from '../../../engine/objects/generated/core-v1.generated.ts';
import { hasEnded, OneNode } from './one-node.ts';

let node: OneNode;
beforeAll(async () => {
  node = await OneNode.start();
  await node.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'default', name: 'settings' },
    data: { COLOR: 'blue', SIZE: 'large', 'not-a-c-name': 'x' },
  });
  await node.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 'login' },
    stringData: { PASSWORD: 's3cret' },
  });
});
afterAll(() => node.end());

/** What the container is waiting for. */
async function waitingOf(name: string, container: Partial<Container>): Promise<string> {
  await node.create(name, container);
  const { status } = await node.until(name, (pod) => {
    const reason = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '';
    return reason.startsWith('Create');
  });
  const { reason, message } = status?.containerStatuses?.[0]?.state?.waiting ?? {};
  return `${reason}: ${message}`;
}

describe('variables', () => {
  it('come from ConfigMaps, Secrets, the Pod and each other', async () => {
    const env = [
      { name: 'SIZE', value: 'small' },
      { name: 'GREETING', value: '$(COLOR) $(SIZE) $(NOBODY) $$(COLOR)' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
      {
        name: 'LIMIT',
        valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
      },
      { name: 'PW', valueFrom: { secretKeyRef: { name: 'login', key: 'PASSWORD' } } },
      {
        name: 'NONE',
        valueFrom: { configMapKeyRef: { name: 'settings', key: 'X', optional: true } },
      },
    ];
    const container = {
      env,
      envFrom: [
        { configMapRef: { name: 'settings' } },
        { prefix: 'DB_', secretRef: { name: 'login' } },
      ],
      resources: { limits: { memory: '32Mi' } },
    };
    const script =
      'echo "$COLOR/$SIZE/$GREETING/$POD/$LABEL/$NODE_NAME/$HOST/$LIMIT/$PW/$DB_PASSWORD/${NONE-unset}"; tr "\\0" "\\n" < /proc/1/environ | grep not-a';
    expect(await node.output('sources', script, container)).toBe(
      'blue/small/blue small $(NOBODY) $(COLOR)/sources/sources/worker-1/10.0.0.12/32/s3cret/s3cret/unset\nnot-a-c-name=x',
    );
  });

  it('tell the address that the container has', async () => {
    const env = [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    const script =
      'ip -4 -o addr show eth0 | grep -q " $IP/" && grep -q "^$IP" /etc/hosts && echo same';
    expect(await node.output('address', script, { env })).toBe('same');
  });

  it('tell of Services, unless links are not wanted', async () => {
    await node.client.create(resources.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: 'my-db' },
      spec: { clusterIP: '10.96.7.7', ports: [{ name: 'sql', port: 5432 }] },
    });
    const script =
      'echo "$MY_DB_SERVICE_HOST:$MY_DB_SERVICE_PORT_SQL $MY_DB_PORT $KUBERNETES_SERVICE_HOST"';
    expect(await node.output('links', script)).toBe(
      '10.96.7.7:5432 tcp://10.96.7.7:5432 10.96.0.1',
    );
    expect(await node.output('no-links', script, {}, { enableServiceLinks: false })).toBe(
      ':  10.96.0.1',
    );
  });

  it('are in arguments', async () => {
    const container = {
      command: ['echo'],
      args: ['$(A)', '$(B)'],
      env: [{ name: 'A', value: 'a' }],
    };
    await node.create('arguments', container);
    const { metadata } = await node.until('arguments', ({ status }) => hasEnded(status));
    expect(await node.log(metadata.uid, 'arguments', 'main')).toBe('a $(B)');
  });

  it('come from a file that an init container wrote', async () => {
    const volumes = [{ name: 'out', emptyDir: {} }];
    const volumeMounts = [{ name: 'out', mountPath: '/out' }];
    const script = `echo "TOKEN='a b'" > /out/env`;
    const initContainers = [
      { name: 'init', image: 'busybox', command: ['sh', '-c', script], volumeMounts },
    ];
    const fileKeyRef = { volumeName: 'out', path: 'env', key: 'TOKEN' };
    const env = [{ name: 'TOKEN', valueFrom: { fileKeyRef } }];
    expect(await node.output('file', 'echo "$TOKEN"', { env }, { volumes, initContainers })).toBe(
      'a b',
    );
  });

  it('that are not there keep a container waiting, and say why', async () => {
    expect(await waitingOf('no-map', { envFrom: [{ configMapRef: { name: 'missing' } }] })).toBe(
      'CreateContainerConfigError: configmap "missing" not found',
    );
    const secretKeyRef = { name: 'login', key: 'NONE' };
    expect(await waitingOf('no-key', { env: [{ name: 'A', valueFrom: { secretKeyRef } }] })).toBe(
      "CreateContainerConfigError: couldn't find key NONE in Secret default/login",
    );
    expect(await node.event('no-key', 'Failed')).toBe(
      "Error: couldn't find key NONE in Secret default/login",
    );
  });
});

describe('names', () => {
  it('are those of the Pod, with aliases and the DNS of the cluster', async () => {
    const spec = {
      hostname: 'front',
      subdomain: 'shop',
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo.test', 'bar.test'] }],
      dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
    };
    const script =
      'hostname; grep front /etc/hosts | cut -f2-; grep foo /etc/hosts; cat /etc/resolv.conf';
    expect(await node.output('names', script, {}, spec)).toBe(
      [
        'front',
        'front.shop.default.svc.cluster.local\tfront',
        '10.1.2.3\tfoo.test\tbar.test',
        'search default.svc.cluster.local svc.cluster.local cluster.local',
        'nameserver 10.96.0.10',
        'options ndots:2',
      ].join('\n'),
    );
  });

  it("are the node's on the host network", async () => {
    const script = 'hostname; head -1 /etc/hosts; ip -4 -o addr show eth0 | grep -o 10.0.0.12';
    expect(await node.output('host-names', script, {}, { hostNetwork: true })).toBe(
      'worker-1\n# Kubernetes-managed hosts file (host network).\n10.0.0.12',
    );
  });
});

describe('rights', () => {
  const script =
    'id -u; id -g; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr "\\t\\n" " ,"; touch /x 2>&1 | tail -1';

  it('are as the security context says', async () => {
    const securityContext = {
      runAsUser: 1000,
      runAsGroup: 3000,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' as const },
    };
    expect(await node.output('strict', script, { securityContext })).toBe(
      '1000\n3000\nCapEff: 0000000000000000,NoNewPrivs: 1,Seccomp: 2,touch: /x: Read-only file system',
    );
  });

  it('are all for a privileged container', async () => {
    const privileged =
      'grep CapEff /proc/self/status | grep -v 00000000a80425fb | wc -l; mkdir /m && mount -t tmpfs x /m && echo mounted';
    expect(
      await node.output('privileged', privileged, { securityContext: { privileged: true } }),
    ).toBe('1\nmounted');
  });

  it('are not those of root where that is forbidden', async () => {
    expect(await waitingOf('root', { securityContext: { runAsNonRoot: true } })).toMatch(
      /^CreateContainerConfigError: container has runAsNonRoot and image will run as root \(pod: "root_default\(.*\)", container: main\)$/,
    );
  });
});

describe('limits', () => {
  it('are in the kernel, for the container and its Pod', async () => {
    const limits = { cpu: '500m', memory: '16Mi' };
    await node.create('limited', {
      command: ['sleep', '1000'],
      resources: { requests: limits, limits },
    });
    const { metadata, status } = await node.running('limited');
    expect(status?.qosClass).toBe('Guaranteed');
    const path = `/sys/fs/cgroup/kubepods/pod${metadata.uid}`;
    expect(await node.sh(`cat ${path}/cpu.max ${path}/memory.max ${path}/*/memory.max`)).toBe(
      '50000 100000\n16777216\n16777216',
    );
    const pid = await node.sh(`cat ${path}/*/cgroup.procs | head -1`);
    expect(await node.sh(`cat /proc/${pid}/oom_score_adj`)).toBe('-997');
  });

  it('may change while the container runs', async () => {
    const small = { cpu: '100m', memory: '16Mi' };
    const large = { cpu: '200m', memory: '32Mi' };
    await node.create('resized', {
      command: ['sleep', '1000'],
      resources: { requests: small, limits: small },
    });
    const { metadata, status } = await node.running('resized');
    const [before] = status?.containerStatuses ?? [];
    await node.client.patch(
      resources.pods,
      { namespace: 'default', name: 'resized' },
      {
        type: 'strategic',
        patch: {
          spec: { containers: [{ name: 'main', resources: { requests: large, limits: large } }] },
        },
      },
      { subresource: 'resize' },
    );
    const resized = await node.until(
      'resized',
      (pod) => pod.status?.containerStatuses?.[0]?.allocatedResources?.['memory'] === '32Mi',
    );
    const path = `/sys/fs/cgroup/kubepods/pod${metadata.uid}`;
    await expect
      .poll(() => node.sh(`cat ${path}/memory.max ${path}/*/memory.max ${path}/*/cpu.max`))
      .toBe('33554432\n33554432\n20000 100000');
    expect(resized.status?.containerStatuses?.[0]?.containerID).toBe(before?.containerID);
    expect(await node.event('resized', 'ResizeCompleted')).toContain('Pod resize completed: {');
  });

  it('kill what takes more memory, and say so', async () => {
    const limits = { memory: '16Mi' };
    await node.create('hog', {
      command: ['sh', '-c', 'tail /dev/zero'],
      resources: { requests: limits, limits },
    });
    const { status } = await node.until('hog', (pod) => hasEnded(pod.status));
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: 'OOMKilled',
      exitCode: 137,
    });
  });
});

describe('the last message', () => {
  it('is what a container left in its file, or the end of its log', async () => {
    const messageOf = async (name: string, container: Partial<Container>): Promise<string> => {
      await node.create(name, container);
      const { status } = await node.until(name, (pod) => hasEnded(pod.status));
      return status?.containerStatuses?.[0]?.state?.terminated?.message ?? '';
    };
    expect(
      await messageOf('message', {
        command: ['sh', '-c', 'echo "bye now" > /dev/termination-log; exit 3'],
      }),
    ).toBe('bye now\n');
    expect(
      await messageOf('from-log', {
        command: ['sh', '-c', 'echo first; echo "the end"; exit 1'],
        terminationMessagePolicy: 'FallbackToLogsOnError',
      }),
    ).toBe('first\nthe end\n');
  });
});
