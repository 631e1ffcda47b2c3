import { expect, it } from 'vitest';
import { parseConfiguration, readConfiguration } from './configuration-file.ts';
import { FakeNode } from './testing/fake-node.ts';

const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

it('reads names, durations and sizes as upstream writes them', () => {
  expect(
    parseConfiguration(`${HEAD}
clusterDNS: [10.96.0.53]
syncFrequency: 1m30s
nodeStatusUpdateFrequency: 0s
containerLogMaxSize: 1Mi
evictionHard:
  memory.available: 5%
evictionSoftGracePeriod:
  memory.available: 90s
crashLoopBackOff:
  maxContainerRestartPeriod: 10s
cgroupDriver: systemd
`),
  ).toEqual({
    clusterDns: ['10.96.0.53'],
    syncFrequency: 90_000,
    containerLogMaxSize: 1_048_576,
    evictionHard: { 'memory.available': '5%' },
    evictionSoftGracePeriod: { 'memory.available': 90_000 },
    maxContainerBackOff: 10_000,
  });
});

it('says what is wrong, and where', async () => {
  const node = new FakeNode();
  expect(await readConfiguration(node.agent)).toEqual({});
  node.add('/var/lib/kubelet/config.yaml', `${HEAD}syncFrequency: soon\n`);
  await expect(readConfiguration(node.agent)).rejects.toThrow(
    'failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: time: invalid duration "soon"',
  );
});
