import { beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { settle } from '../../client/testing/settle.ts';
import type { Container, Pod, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import type { CriContainerConfig } from '../../runtime/cri/types.ts';
import { ContainerConfigError, type ContainerRequest, type KubeletParts } from '../contracts.ts';
import { podParts } from '../pod-parts.ts';
import { TestContext, testPod } from '../testing/test-context.ts';

let context: TestContext;
let parts: Pick<KubeletParts, 'volumes' | 'configs' | 'credentials'>;
beforeEach(async () => {
  context = new TestContext();
  parts = podParts(context);
  await settle();
});

function requestFor(pod: Pod, request: Partial<ContainerRequest> = {}): ContainerRequest {
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error('no container');
  return {
    pod,
    container,
    restartCount: 0,
    imageId: 'sha256:1',
    imageUser: { username: '' },
    podIps: ['10.244.1.2'],
    ...request,
  };
}

async function configOf(
  container: Partial<Container>,
  spec: Partial<PodSpec> = {},
): Promise<CriContainerConfig> {
  const pod = testPod({ containers: [{ name: 'web', image: 'nginx', ...container }], ...spec });
  await parts.volumes.mount(pod);
  return await parts.configs.container(requestFor(pod));
}

function variables({ envs }: CriContainerConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(envs.map(({ key, value }) => [key, value]));
}

async function failureOf(making: Promise<unknown>): Promise<string> {
  const error = await making.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof ContainerConfigError)) throw error ?? new Error('It worked.');
  return `${error.code}: ${error.message}`;
}

async function createSources(): Promise<void> {
  const metadata = { namespace: 'default' };
  await context.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, name: 'settings' },
    data: { COLOR: 'blue', SIZE: 'large' },
  });
  await context.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, name: 'login' },
    data: { PASSWORD: btoa('s3cret') },
  });
}

it('collects variables from all sources, later ones before earlier ones', async () => {
  await createSources();
  const config = await configOf({
    envFrom: [
      { configMapRef: { name: 'settings' } },
      { prefix: 'DB_', secretRef: { name: 'login' } },
      { configMapRef: { name: 'missing', optional: true } },
    ],
    env: [
      { name: 'SIZE', value: 'small' },
      { name: 'TEXT', value: '$(COLOR) and $(SIZE), $(NOBODY)' },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'PW', valueFrom: { secretKeyRef: { name: 'login', key: 'PASSWORD' } } },
      {
        name: 'MAYBE',
        valueFrom: { configMapKeyRef: { name: 'settings', key: 'X', optional: true } },
      },
      { name: 'EMPTY' },
    ],
    command: ['run', '$(COLOR)', '$$(COLOR)'],
    args: ['--size=$(SIZE)'],
  });
  expect(variables(config)).toEqual({
    COLOR: 'blue',
    SIZE: 'small',
    DB_PASSWORD: 's3cret',
    TEXT: 'blue and small, $(NOBODY)',
    NODE: 'worker-1',
    IP: '10.244.1.2',
    CPU: '2',
    PW: 's3cret',
    EMPTY: '',
  });
  expect(config.command).toEqual(['run', 'blue', '$(COLOR)']);
  expect(config.args).toEqual(['--size=small']);
});

it.each<[string, Partial<Container>]>([
  ['configmap "missing" not found', { envFrom: [{ configMapRef: { name: 'missing' } }] }],
  ['secret "missing" not found', { envFrom: [{ secretRef: { name: 'missing' } }] }],
  [
    "couldn't find key NONE in ConfigMap default/settings",
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'NONE' } } }] },
  ],
  [
    "couldn't find key NONE in Secret default/login",
    { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'login', key: 'NONE' } } }] },
  ],
  [
    'container has runAsNonRoot and image will run as root (pod: "web_default(uid-1)", container: web)',
    { securityContext: { runAsNonRoot: true } },
  ],
])('refuses with: %s', async (message, container) => {
  await createSources();
  expect(await failureOf(configOf(container))).toBe(`CreateContainerConfigError: ${message}`);
});

it('reads variables from a file that another container wrote', async () => {
  const volumes = [{ name: 'shared', emptyDir: {} }];
  const fileKeyRef = { volumeName: 'shared', path: 'out.env', key: 'TOKEN' };
  const containers = [
    { name: 'web', image: 'nginx', env: [{ name: 'TOKEN', valueFrom: { fileKeyRef } }] },
  ];
  const pod = testPod({ volumes, containers });
  await parts.volumes.mount(pod);
  const path = '/var/lib/kubelet/pods/uid-1/volumes/kubernetes.io~empty-dir/shared/out.env';
  context.fakeNode.add(path, "TOKEN='abc'\n");
  expect(variables(await parts.configs.container(requestFor(pod)))).toEqual({ TOKEN: 'abc' });
  context.fakeNode.add(path, "OTHER='abc'\n");
  expect(await failureOf(parts.configs.container(requestFor(pod)))).toBe(
    `CreateContainerConfigError: environment variable key "TOKEN" not found in file "${path}"`,
  );
});

it('writes /etc/hosts, the termination message and the log directory in one round trip', async () => {
  const pod = testPod({
    hostname: 'front',
    subdomain: 'shop',
    hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo.local', 'bar.local'] }],
  });
  await parts.volumes.mount(pod);
  context.fakeNode.calls.length = 0;
  const config = await parts.configs.container(requestFor(pod, { restartCount: 2 }));
  expect(context.fakeNode.calls).toEqual(['tar.write']);
  expect(config.logPath).toBe('web/2.log');
  expect(context.fakeNode.describe('/var/log/pods/default_web_uid-1/web')).toBe('755 0:0');
  const [hosts, message] = config.mounts;
  expect(hosts).toEqual({
    containerPath: '/etc/hosts',
    hostPath: '/var/lib/kubelet/pods/uid-1/etc-hosts',
    readonly: false,
  });
  expect(context.fakeNode.text(hosts?.hostPath ?? '')).toBe(
    [
      '# Kubernetes-managed hosts file.',
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::0\tip6-localnet',
      'fe00::0\tip6-mcastprefix',
      'fe00::1\tip6-allnodes',
      'fe00::2\tip6-allrouters',
      '10.244.1.2\tfront.shop.default.svc.cluster.local\tfront',
      '',
      '# Entries added by HostAliases.',
      '10.1.2.3\tfoo.local\tbar.local',
      '',
    ].join('\n'),
  );
  expect(message?.containerPath).toBe('/dev/termination-log');
  expect(message?.hostPath).toMatch(
    /^\/var\/lib\/kubelet\/pods\/uid-1\/containers\/web\/[0-9a-f]{8}$/,
  );
  expect(context.fakeNode.describe(message?.hostPath ?? '')).toBe('666 0:0');
});

it("shows a Pod on the host network the node's hosts", async () => {
  const config = await configOf({}, { hostNetwork: true });
  expect(context.fakeNode.text(config.mounts[0]?.hostPath ?? '')).toBe(
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n',
  );
});

it('leaves /etc/hosts to a container that mounts its own', async () => {
  const volumeMounts = [{ name: 'own', mountPath: '/etc/hosts' }];
  const volumes = [{ name: 'own', emptyDir: {} }];
  const { mounts } = await configOf({ volumeMounts }, { volumes });
  expect(mounts.map(({ containerPath }) => containerPath)).toEqual([
    '/etc/hosts',
    '/dev/termination-log',
  ]);
  expect(mounts[0]?.hostPath).toContain('kubernetes.io~empty-dir');
});

it('describes a sandbox', async () => {
  const ports = [
    { containerPort: 80, hostPort: 8080, protocol: 'TCP' as const },
    { name: 'dns', containerPort: 53, protocol: 'UDP' as const },
  ];
  const pod = testPod(
    {
      containers: [{ name: 'web', ports }],
      subdomain: 'shop',
      setHostnameAsFQDN: true,
      securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }] },
    },
    { labels: { app: 'web' }, annotations: { note: 'x' } },
  );
  expect(await parts.configs.sandbox(pod, 1)).toEqual({
    metadata: { name: 'web', uid: 'uid-1', namespace: 'default', attempt: 1 },
    hostname: 'web.shop.default.svc.cluster.local',
    logDirectory: '/var/log/pods/default_web_uid-1',
    dns: {
      servers: ['10.96.0.10'],
      searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      options: ['ndots:5'],
    },
    portMappings: [
      { protocol: 'TCP', containerPort: 80, hostPort: 8080 },
      { protocol: 'UDP', containerPort: 53, hostPort: 0 },
    ],
    labels: {
      app: 'web',
      'io.kubernetes.pod.name': 'web',
      'io.kubernetes.pod.namespace': 'default',
      'io.kubernetes.pod.uid': 'uid-1',
    },
    annotations: { note: 'x' },
    cgroupParent: '/kubepods/besteffort/poduid-1',
    sysctls: { 'net.ipv4.ip_forward': '1' },
    namespaces: { network: 'POD', ipc: 'POD', pid: 'CONTAINER' },
  });
});

it('refuses a full name that is too long for the kernel', async () => {
  const pod = testPod({ hostname: 'x'.repeat(40), subdomain: 'shop', setHostnameAsFQDN: true });
  await expect(parts.configs.sandbox(pod, 0)).rejects.toThrow(
    'is too long (64 characters is the max, 71 characters requested)',
  );
});

it('finds credentials of images in Secrets, and says which are missing', async () => {
  const config = JSON.stringify({ auths: { 'registry.test': { username: 'me', password: 'pw' } } });
  await context.client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 'pull' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': btoa(config) },
  });
  const pod = testPod({ imagePullSecrets: [{ name: 'pull' }, { name: 'none' }] });
  expect(await parts.credentials.of(pod, 'registry.test/app')).toEqual({
    auths: [{ username: 'me', password: 'pw' }],
    missing: ['none'],
  });
  expect(await parts.credentials.of(pod, 'nginx')).toEqual({ auths: [], missing: ['none'] });
});
