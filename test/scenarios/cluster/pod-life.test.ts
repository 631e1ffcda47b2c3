import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOREVER, pod, podsOf, stateOf } from './pods-of.ts';
import { kubectl, tryKubectl, until, waitFor } from './real-cluster.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';

/** The life of Pods, as `kubectl` shows it. All of them start together; each test looks at its own. */
const namespace = `pod-life-${process.pid}`;

const init = (name: string, script: string, more: object = {}): object => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});
const shared = { volumes: [{ name: 'shared', emptyDir: {} }] };
const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];

const PODS = [
  pod('succeeds', 'echo done'),
  pod('fails', 'exit 3'),
  pod(
    'tries-again',
    'echo try >> /shared/tries; [ $(wc -l < /shared/tries) -gt 1 ]',
    { ...shared, restartPolicy: 'OnFailure' },
    { volumeMounts },
  ),
  pod('crashes', 'exit 1', { restartPolicy: 'Always' }),
  pod(
    'ordered',
    'cat /shared/order',
    {
      ...shared,
      initContainers: [
        init('one', 'echo one >> /shared/order', { volumeMounts }),
        init('two', 'echo two >> /shared/order', { volumeMounts }),
      ],
    },
    { volumeMounts },
  ),
  pod('not-begun', 'echo never', { initContainers: [init('broken', 'exit 4')] }),
  pod(
    'with-sidecar',
    'cat /shared/ready',
    {
      ...shared,
      initContainers: [
        init('sidecar', `echo sidecar > /shared/ready; ${FOREVER}`, {
          volumeMounts,
          restartPolicy: 'Always',
          startupProbe: {
            exec: { command: ['test', '-e', '/shared/ready'] },
            periodSeconds: 1,
          },
        }),
      ],
    },
    { volumeMounts },
  ),
  pod('late', FOREVER, { activeDeadlineSeconds: 3 }),
  pod('without-program', '', {}, { command: ['/no/such/program'] }),
  pod('never-pulled', FOREVER, {}, { image: 'nowhere.test/a:1', imagePullPolicy: 'Never' }),
  pod('without-image', FOREVER, {}, { image: 'no-such-image' }),
  pod('misnamed', FOREVER, {}, { image: 'Not An Image' }),
  pod('on-worker-2', 'echo here', { nodeSelector: { 'kubernetes.io/hostname': 'worker-2' } }),
  pod('nowhere', FOREVER, { nodeSelector: { planet: 'mars' } }),
  pod('too-large', FOREVER, {}, { resources: { requests: { memory: '1Ti' } } }),
  pod(
    'hooked',
    'until [ -e /tmp/hook ]; do sleep 0.1; done; cat /tmp/hook',
    {},
    { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo hook > /tmp/hook'] } } } },
  ),
  pod('elsewhere', 'pwd', {}, { workingDir: '/usr' }),
  pod('gated', FOREVER, { readinessGates: [{ conditionType: 'example.com/open' }] }),
  pod('held', FOREVER, { schedulingGates: [{ name: 'example.com/wait' }] }),
  pod('lives', FOREVER),
  pod(
    'greedy',
    `dd if=/dev/zero of=/shared/much bs=1M count=3; ${FOREVER}`,
    { volumes: [{ name: 'shared', emptyDir: { sizeLimit: '1Mi' } }] },
    { volumeMounts },
  ),
  // Its first try may meet an API server that has its hands full.
  pod(
    'speaks-to-api',
    'cd /var/run/secrets/kubernetes.io/serviceaccount; curl -sS --retry 9 --retry-all-errors --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/$(cat namespace)/pods',
    {},
    { image: 'curlimages/curl' },
  ),
  pod('family', FOREVER, {
    shareProcessNamespace: true,
    containers: [init('main', FOREVER), init('other', 'exec sleep 54321')],
  }),
  pod('groups', 'id -G; cat /proc/sys/net/ipv4/ip_unprivileged_port_start', {
    securityContext: {
      supplementalGroups: [4000],
      sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }],
    },
  }),
];

const { begin, end, look, once, ended, events: eventsOf } = podsOf(namespace);
beforeAll(() => begin(...PODS));
afterAll(end);

const logs = (...args: readonly string[]) => kubectl('logs', '-n', namespace, ...args);
const conditionOf = (found: Pod, type: string) =>
  found.status?.conditions?.find((condition) => condition.type === type);
const waits = async (name: string, reason: RegExp): Promise<string> => {
  const found = await once(name, (one) => reason.test(stateOf(one)?.waiting?.reason ?? ''));
  return stateOf(found)?.waiting?.message ?? '';
};
describe('a container', () => {
  it('that ends well makes its Pod Succeeded', async () => {
    const found = await ended('succeeds');
    expect(found.status?.phase).toBe('Succeeded');
    expect(stateOf(found)?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(await logs('succeeds')).toBe('done');
  });

  it('that fails makes its Pod Failed, with its exit code', async () => {
    const found = await ended('fails');
    expect(found.status?.phase).toBe('Failed');
    expect(stateOf(found)?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  });

  it('is started again on failure, until it succeeds', async () => {
    const found = await ended('tries-again');
    expect(found.status?.phase).toBe('Succeeded');
    expect(found.status?.containerStatuses?.[0]?.restartCount).toBe(1);
  });

  it('that crashes again and again is backed off', async () => {
    expect(await waits('crashes', /^CrashLoopBackOff$/)).toMatch(
      /^back-off \d+s restarting failed container=main pod=crashes_/,
    );
    expect(await eventsOf('crashes', 'BackOff')).toContain('Back-off restarting failed container');
  });

  it('without its program tells what the kernel said', async () => {
    const found = await ended('without-program');
    expect(stateOf(found)?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
    expect(stateOf(found)?.terminated?.message).toContain('/no/such/program');
  });

  it('runs its hook after its start', async () => {
    await ended('hooked');
    expect(await logs('hooked')).toBe('hook');
  });

  it('runs in the directory it is given', async () => {
    await ended('elsewhere');
    expect(await logs('elsewhere')).toBe('/usr');
  });
});

describe('an image', () => {
  it('that is not in the registry is told of', async () => {
    expect(await waits('without-image', /^(?:ErrImagePull|ImagePullBackOff)$/)).toContain(
      'no-such-image',
    );
    expect(await eventsOf('without-image', 'Failed')).toContain(
      'Failed to pull image "no-such-image"',
    );
  });

  it('that must not be pulled has to be there', async () => {
    expect(await waits('never-pulled', /^ErrImageNeverPull$/)).toBe(
      'Container image "nowhere.test/a:1" is not present with pull policy of Never',
    );
  });

  it('has to have a name that is one', async () => {
    expect(await waits('misnamed', /^InvalidImageName$/)).toContain('Not An Image');
  });
});

describe('init containers', () => {
  it('run one after another, before the others', async () => {
    await ended('ordered');
    expect(await logs('ordered')).toBe('one\ntwo');
  });

  it('that fail end the Pod before its containers begin', async () => {
    const found = await ended('not-begun');
    expect(found.status?.phase).toBe('Failed');
    expect(found.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(4);
    expect(found.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('PodInitializing');
    expect(conditionOf(found, 'Initialized')?.status).toBe('False');
  });

  it('that are sidecars start before the others and are ended after them', async () => {
    const found = await ended('with-sidecar');
    expect(found.status?.phase).toBe('Succeeded');
    expect(await logs('with-sidecar', '-c', 'main')).toBe('sidecar');
    expect(found.status?.initContainerStatuses?.[0]?.state?.terminated).toBeDefined();
  });
});

describe('a Pod', () => {
  it('runs no longer than it may', async () => {
    const { status } = await ended('late');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it('runs on the node it selects', async () => {
    const found = await ended('on-worker-2');
    expect(found.spec.nodeName).toBe('worker-2');
    expect(found.status?.hostIP).toBe('10.0.0.13');
    const range = await kubectl('get', 'node', 'worker-2', '-o', 'jsonpath={.spec.podCIDR}');
    const [network] = range.split('.0/24');
    expect(found.status?.podIP).toMatch(new RegExp(`^${network}\\.`));
  });

  it.each([
    ['nowhere', "didn't match Pod's node affinity/selector"],
    ['too-large', 'Insufficient memory'],
  ])('that fits no node waits: %s', async (name, why) => {
    const found = await once(name, (one) => conditionOf(one, 'PodScheduled')?.status === 'False');
    const { reason, message } = conditionOf(found, 'PodScheduled') ?? {};
    expect(reason).toBe('Unschedulable');
    expect(message).toContain('0/3 nodes are available');
    expect(message).toContain(why);
  });

  it('is not scheduled before its gates are open', async () => {
    const found = await once('held', (one) => conditionOf(one, 'PodScheduled') !== undefined);
    expect(conditionOf(found, 'PodScheduled')?.reason).toBe('SchedulingGated');
    await kubectl(
      'patch',
      '-n',
      namespace,
      'pod/held',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/schedulingGates"}]',
    );
    await waitFor(namespace, '--for=condition=Ready', 'pod/held');
  });

  it('is not ready before somebody says so, where it has a gate', async () => {
    await once('gated', (one) => conditionOf(one, 'ContainersReady')?.status === 'True');
    expect(conditionOf(await look('gated'), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
    });
    await kubectl(
      'patch',
      '-n',
      namespace,
      'pod/gated',
      '--subresource=status',
      '-p',
      '{"status":{"conditions":[{"type":"example.com/open","status":"True"}]}}',
    );
    await waitFor(namespace, '--for=condition=Ready', 'pod/gated');
  });

  it('has what the Pod asks of the kernel: groups and sysctls', async () => {
    await ended('groups');
    expect(await logs('groups')).toBe('0 4000\n80');
  });

  it('reaches the API server under its Service, with its token and no rights', async () => {
    await ended('speaks-to-api');
    expect(await logs('speaks-to-api')).toContain(
      String.raw`User \"system:serviceaccount:${namespace}:default\" cannot list resource`,
    );
  });

  it('may have containers that see each other', async () => {
    await waitFor(namespace, '--for=condition=Ready', 'pod/family');
    expect(
      await kubectl('exec', '-n', namespace, 'family', '-c', 'main', '--', 'ps', '-o', 'args'),
    ).toContain('sleep 54321');
  });

  it('gets another container for whoever looks for an error', async () => {
    await waitFor(namespace, '--for=condition=Ready', 'pod/lives');
    await kubectl(
      'debug',
      '-n',
      namespace,
      'lives',
      '--image=busybox',
      '-c',
      'looking',
      '--',
      'sh',
      '-c',
      'echo looked',
    );
    const looked = await until(async () => {
      const { stdout } = await tryKubectl(['logs', '-n', namespace, 'lives', '-c', 'looking']);
      return stdout !== '' && stdout;
    }, 'the log of the ephemeral container');
    expect(looked).toBe('looked\n');
  });

  it('that takes more of the disk than its volume may have is evicted', async () => {
    const { status } = await ended('greedy');
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "shared" exceeds the limit "1Mi". ',
    });
  });

  it('tells its story in events', async () => {
    await ended('succeeds');
    const reasons = await until(async () => {
      const text = await kubectl(
        'get',
        'events',
        '-n',
        namespace,
        '--field-selector',
        'involvedObject.name=succeeds',
        '-o',
        'jsonpath={.items[*].reason}',
      );
      return text.includes('Started') && text;
    }, 'its events');
    for (const reason of ['Scheduled', 'Created', 'Started']) expect(reasons).toContain(reason);
  });

  it('goes when it is deleted, and nothing of it stays', async () => {
    await waitFor(namespace, '--for=condition=Ready', 'pod/lives');
    await kubectl('delete', '-n', namespace, 'pod/lives', '--timeout=120s');
    const { stderr } = await tryKubectl(['get', '-n', namespace, 'pod/lives']);
    expect(stderr).toBe('Error from server (NotFound): pods "lives" not found\n');
  });
});
