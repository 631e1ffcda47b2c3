import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { apply, get, kubectl, tryKubectl, until } from './real-cluster.ts';

/** What Pods lack on real nodes, and how it is told. All of them start together; each test looks at its own. */
const namespace = `faults-${process.pid}`;

function pod(name: string, spec: object, container: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'busybox', command: ['sleep', '100000'], ...container }],
      ...spec,
    },
  };
}

const volume = (source: object): object => ({ volumes: [{ name: 'wanted', ...source }] });
const volumeMounts = [{ name: 'wanted', mountPath: '/wanted' }];

const PODS = [
  pod('without-configuration', {}, { envFrom: [{ configMapRef: { name: 'nothing' } }] }),
  pod('without-files', volume({ configMap: { name: 'nothing' } }), { volumeMounts }),
  pod('impossible-volume', volume({ hostPath: { path: '/no/such/place', type: 'Directory' } }), {
    volumeMounts,
  }),
];

beforeAll(async () => {
  await kubectl('create', 'namespace', namespace);
  await until(
    async () => (await tryKubectl(['get', '-n', namespace, 'sa', 'default'])).status === 0,
    'the account of Pods',
  );
  await apply(namespace, ...PODS);
});
afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

const once = (name: string, holds: (pod: Pod) => boolean): Promise<Pod> =>
  until(async () => {
    const found = (await get(namespace, `pod/${name}`)) as unknown as Pod;
    return holds(found) && found;
  }, name);
const stateOf = (found: Pod) => found.status?.containerStatuses?.[0]?.state;
const events = (name: string, reason: string): Promise<string> =>
  until(async () => {
    const found = await kubectl(
      'get',
      'events',
      '-n',
      namespace,
      '--field-selector',
      `involvedObject.name=${name},reason=${reason}`,
      '-o',
      'jsonpath={range .items[*]}{.message}{"\\n"}{end}',
    );
    return found !== '' && found;
  }, `${reason} of ${name}`);

describe('a Pod', () => {
  it('without its ConfigMap is told what it lacks', async () => {
    const found = await once(
      'without-configuration',
      (one) => stateOf(one)?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(stateOf(found)?.waiting?.message).toBe('configmap "nothing" not found');
  });

  it('whose volume cannot be made waits for it', async () => {
    expect(await events('without-files', 'FailedMount')).toContain(
      'MountVolume.SetUp failed for volume "wanted" : configmap "nothing" not found',
    );
    expect(await events('impossible-volume', 'FailedMount')).toContain(
      'MountVolume.SetUp failed for volume "wanted" : hostPath type check failed, /no/such/place is not a directory, unable to determine its type: path "/no/such/place" does not exist',
    );
    const found = await once('impossible-volume', () => true);
    expect(stateOf(found)?.waiting?.reason).toBe('ContainerCreating');
  });
});
