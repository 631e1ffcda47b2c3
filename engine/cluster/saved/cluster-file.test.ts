import { describe, expect, it } from 'vitest';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import { readClusterFile, writeClusterFile } from './cluster-file.ts';
import type { SavedCluster } from './saved-cluster.ts';

const webWorkers = { sandboxes: [], containers: [] };
const saved: SavedCluster = {
  settings: { clusterCidr: '10.244.0.0/16', managerFlags: ['--node-monitor-period=2s'] },
  pki: { serviceAccount: { key: 'a key', publicKey: 'its other half' } } as ClusterPki,
  nodes: [
    { name: 'control-plane', plugged: true, running: { machine: { prepared: 'it' }, webWorkers } },
    {
      name: 'worker-1',
      plugged: false,
      running: {
        machine: { profile: 'node', memory: 256, artifacts: '0123', state: new Blob(['a state']) },
        webWorkers,
      },
    },
    { name: 'worker-2', plugged: true },
  ],
  etcd: { 'log/1': new Blob(['a log']), 'snapshots/0': new Blob(['a snapshot']) },
  cloud: { 'cloud.json': new Blob(['{}']) },
};
const file = writeClusterFile(saved);

async function texts(files: Readonly<Record<string, Blob>>): Promise<Record<string, string>> {
  const entries = Object.entries(files).map(async ([name, blob]) => [name, await blob.text()]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

describe('a file of a saved cluster', () => {
  it('gives back what was written', async () => {
    const read = await readClusterFile(file);
    expect(read).toMatchObject({ settings: saved.settings, pki: saved.pki });
    expect(read.nodes.map(({ name, plugged }) => ({ name, plugged }))).toEqual(
      saved.nodes.map(({ name, plugged }) => ({ name, plugged })),
    );
    const [first, second, third] = read.nodes;
    expect(first?.running).toEqual({ machine: { prepared: 'it' }, webWorkers });
    expect(second?.running?.machine).toMatchObject({ profile: 'node', memory: 256 });
    const machine = second?.running?.machine ?? { prepared: '' };
    expect('state' in machine && (await machine.state.text())).toBe('a state');
    expect(third?.running).toBeUndefined();
    expect(await texts(read.etcd)).toEqual({ 'log/1': 'a log', 'snapshots/0': 'a snapshot' });
    expect(await texts(read.cloud)).toEqual({ 'cloud.json': '{}' });
  });

  it('is refused by its number when another version wrote it', async () => {
    const older = new Blob(['DRYDOCK CLUSTER 1\n', file.slice('DRYDOCK CLUSTER 1\n'.length)]);
    await expect(readClusterFile(older)).rejects.toMatchObject({ code: 'STATE_MISMATCH' });
  });

  it('is refused when it is something else, cut off or damaged', async () => {
    const damaged = { name: 'MachineError', code: 'STATE_DAMAGED' };
    await expect(readClusterFile(new Blob(['a letter']))).rejects.toMatchObject(damaged);
    await expect(readClusterFile(file.slice(0, file.size - 1))).rejects.toMatchObject(damaged);
    const bytes = new Uint8Array(await file.arrayBuffer());
    bytes[30] = 0;
    await expect(readClusterFile(new Blob([bytes]))).rejects.toMatchObject(damaged);
  });
});
