import { expect, it } from 'vitest';
import type { ArtifactSource } from '../../machine/artifacts/artifact-source.ts';
import { MachineError } from '../../machine/machine-error.ts';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import { writeClusterFile } from './cluster-file.ts';
import { clusterRecipe, loadPreparedCluster } from './prepared-cluster.ts';
import { settingsOf } from './saved-cluster.ts';

const guest = {
  'guest/manifest.json': '{"profiles":{"node":{"partitions":[]}},"disks":{}}',
  'guest/images/index.json': '{}',
};

function source(files: Readonly<Record<string, BlobPart>>): ArtifactSource {
  return {
    fetchedBytes: 0,
    async read(path) {
      const content = files[path];
      if (content === undefined) throw new MachineError('ARTIFACT_UNAVAILABLE', path);
      return new Uint8Array(await new Blob([content]).arrayBuffer());
    },
  };
}

async function prepared(changed: Readonly<Record<string, BlobPart>> = {}): Promise<ArtifactSource> {
  const recipe = await clusterRecipe(source(guest));
  const file = writeClusterFile({
    settings: settingsOf({}),
    pki: {} as ClusterPki,
    nodes: [{ name: 'control-plane', plugged: true }],
    etcd: {},
    cloud: {},
  });
  const description = JSON.stringify({ recipe, file: 'cluster.drydock' });
  return source({
    ...guest,
    'states/cluster.json': description,
    'states/cluster.drydock': file,
    ...changed,
  });
}

it('is taken while a new cluster would be made of the same', async () => {
  expect(await clusterRecipe(source(guest))).toMatch(/^[0-9a-f]{16}$/);
  const found = await loadPreparedCluster(await prepared(), settingsOf({}));
  expect(found?.nodes.map(({ name }) => name)).toEqual(['control-plane']);
});

it('is left where it is missing, old, or of other settings', async () => {
  expect(await loadPreparedCluster(source(guest), settingsOf({}))).toBeUndefined();
  const old = await prepared({ 'guest/images/index.json': '{"repositories":{}}' });
  expect(await loadPreparedCluster(old, settingsOf({}))).toBeUndefined();
  const other = settingsOf({ managerFlags: ['--node-monitor-period=2s'] });
  expect(await loadPreparedCluster(await prepared(), other)).toBeUndefined();
});
