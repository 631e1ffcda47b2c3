/** A cluster is put back to how it was: objects that came go, those that went or changed are as before. */
import { expect, it } from 'vitest';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { reasonOf } from '../../../engine/client/response-failure.ts';
import { resources } from '../../../engine/client/resources.ts';
import { startCluster } from '../../../engine/cluster/cluster.node.ts';
import type { ConfigMap } from '../../../engine/objects/generated/core-v1.generated.ts';
import { ClusterBaseline } from '../../../lessons/cluster-baseline.ts';
import { clusterClient } from '../../../lessons/cluster-view.ts';

const labels = { app: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'web' }] } },
  },
} as const;

const settings = (name: string, value: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { value },
});

it('takes away what has come, and brings back what has gone or changed', async () => {
  const errors: unknown[] = [];
  const started = await startCluster({
    port: 0,
    hollow: 2,
    hollowReadyAfter: 0,
    onError: (error) => void errors.push(error),
  });
  const transport = started.transport({ username: 'admin', groups: ['system:masters'] });
  const cluster = { api: transport } as unknown as ClusterFacade;
  const client = clusterClient(cluster, systemClock);
  await client.create(resources.configMaps, settings('kept', 'before'));
  await client.create(resources.configMaps, settings('changed', 'before'));
  const { items: nodes } = await client.list(resources.nodes);
  const [node = { metadata: { name: '' } }, replaced = node] = nodes;
  const baseline = await ClusterBaseline.take(cluster, systemClock);

  await client.create(resources.deployments, structuredClone(deployment));
  await client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'lesson' },
    spec: {},
  });
  await client.create(resources.configMaps, {
    ...settings('inside', 'x'),
    metadata: { name: 'inside', namespace: 'lesson' },
  });
  const changed = { name: 'changed', namespace: 'default' };
  await client.patch(resources.configMaps, changed, {
    type: 'merge',
    patch: { data: { more: 'y' } },
  });
  await client.delete(resources.configMaps, { name: 'kept', namespace: 'default' });
  await client.patch(resources.nodes, node.metadata, {
    type: 'merge',
    patch: { spec: { unschedulable: true }, metadata: { labels: { disk: 'fast' } } },
  });

  await client.delete(resources.nodes, replaced.metadata);
  const range = '10.244.77.0/24';
  const another = { podCIDR: range, podCIDRs: [range], unschedulable: true };
  await client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: replaced.metadata.name },
    spec: another,
  });

  await baseline.restore();

  const reason = (asked: Promise<unknown>) => asked.then(() => 'there', reasonOf);
  expect(await reason(client.get(resources.deployments, deployment.metadata))).toBe('NotFound');
  expect(await reason(client.get(resources.namespaces, { name: 'lesson' }))).toBe('NotFound');
  expect((await client.list(resources.pods)).items).toEqual([]);
  for (const name of ['kept', 'changed'])
    expect((await client.get(resources.configMaps, { name, namespace: 'default' })).data).toEqual({
      value: 'before',
    });
  const { spec, metadata } = await client.get(resources.nodes, node.metadata);
  expect(spec?.unschedulable).toBeUndefined();
  expect(metadata.labels?.['disk']).toBeUndefined();
  const { spec: theirs } = await client.get(resources.nodes, replaced.metadata);
  expect(theirs).toMatchObject({ podCIDR: range });
  expect(theirs?.unschedulable).toBeUndefined();
  await started.close();
  expect(errors).toEqual([]);
});
