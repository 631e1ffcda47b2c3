import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { FOREVER, pod, podsOf, stateOf } from './pods-of.ts';
import { until } from './real-cluster.ts';

/** What Pods lack on real nodes, and how it is told. All of them start together; each test looks at its own. */
const namespace = `faults-${process.pid}`;

const volume = (source: object): object => ({ volumes: [{ name: 'wanted', ...source }] });
const volumeMounts = [{ name: 'wanted', mountPath: '/wanted' }];

const PODS = [
  pod('without-configuration', FOREVER, {}, { envFrom: [{ configMapRef: { name: 'nothing' } }] }),
  pod('without-files', FOREVER, volume({ configMap: { name: 'nothing' } }), { volumeMounts }),
  pod(
    'impossible-volume',
    FOREVER,
    volume({ hostPath: { path: '/no/such/place', type: 'Directory' } }),
    {
      volumeMounts,
    },
  ),
];

const { begin, end, once, events } = podsOf(namespace);
beforeAll(() => begin(...PODS));
afterAll(end);

/** Once there are any. */
const told = (name: string, reason: string): Promise<string> =>
  until(async () => {
    const found = await events(name, reason);
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
    expect(await told('without-files', 'FailedMount')).toContain(
      'MountVolume.SetUp failed for volume "wanted" : configmap "nothing" not found',
    );
    expect(await told('impossible-volume', 'FailedMount')).toContain(
      'MountVolume.SetUp failed for volume "wanted" : hostPath type check failed, /no/such/place is not a directory, unable to determine its type: path "/no/such/place" does not exist',
    );
    const found = await once('impossible-volume', () => true);
    expect(stateOf(found)?.waiting?.reason).toBe('ContainerCreating');
  });
});
