import { z } from 'zod';
import type { PreparedMachine } from '../../api/lab.ts';
import type { SavedMachine } from '../../api/machine.ts';
import { readFramed, writeFramed } from '../../machine/states/framed-file.ts';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import type { WebWorkerRecords } from '../web-worker/web-worker-runtime.ts';
import type { SavedCluster, SavedNode } from './saved-cluster.ts';

/** First bytes of a file that holds a saved cluster. The number is the format's version: 2 has keys of etcd. */
const MAGIC = 'DRYDOCK CLUSTER 2\n';

const ours = <T>() => z.custom<T>((value) => typeof value === 'object' && value !== null);
const storedFile = z.object({ name: z.string(), size: z.number() });

const machine = z.union([
  z.object({ prepared: z.string() }),
  z.object({
    profile: z.enum(['docker', 'docker-reference', 'node', 'bare']),
    memory: z.number(),
    artifacts: z.string(),
    /** bytes */
    state: z.number(),
  }),
]);
type DescribedMachine = z.infer<typeof machine>;

/** Contents follow in this order: machines' states, files of etcd, files of the cloud. */
const header = z.object({
  settings: z.object({
    clusterCidr: z.string(),
    controllers: z.array(z.string()).exactOptional(),
    managerFlags: z.array(z.string()).exactOptional(),
  }),
  pki: ours<ClusterPki>(),
  nodes: z.array(
    z.object({
      name: z.string(),
      plugged: z.boolean(),
      running: z.object({ machine, webWorkers: ours<WebWorkerRecords>() }).exactOptional(),
    }),
  ),
  etcd: z.array(storedFile),
  cloud: z.array(storedFile),
});
type Header = z.infer<typeof header>;

/** A saved cluster as one file. */
export function writeClusterFile({ settings, pki, nodes, etcd, cloud }: SavedCluster): Blob {
  const described = {
    settings,
    pki,
    nodes: nodes.map(({ name, plugged, running }) => ({
      name,
      plugged,
      ...(running === undefined
        ? {}
        : { running: { ...running, machine: describe(running.machine) } }),
    })),
    etcd: Object.entries(etcd).map(([name, { size }]) => ({ name, size })),
    cloud: Object.entries(cloud).map(([name, { size }]) => ({ name, size })),
  };
  const states = nodes.flatMap(({ running }) =>
    running === undefined || 'prepared' in running.machine ? [] : [running.machine.state],
  );
  return writeFramed(MAGIC, described, [
    ...states,
    ...Object.values(etcd),
    ...Object.values(cloud),
  ]);
}

function describe(saved: SavedMachine | PreparedMachine): DescribedMachine {
  if ('prepared' in saved) return saved;
  const { profile, memory, artifacts, state } = saved;
  return { profile, memory, artifacts, state: state.size };
}

/** Undoes `writeClusterFile`; contents are left in the file. @throws MachineError STATE_MISMATCH, STATE_DAMAGED */
export async function readClusterFile(file: Blob): Promise<SavedCluster> {
  const framed = await readFramed(
    file,
    MAGIC,
    'a cluster',
    (json) => header.parse(json),
    sizeOfContents,
  );
  const { settings, pki, nodes, etcd, cloud } = framed.header;
  const take = (described: DescribedMachine): SavedMachine | PreparedMachine =>
    'prepared' in described ? described : { ...described, state: framed.take(described.state) };
  return {
    settings,
    pki,
    nodes: nodes.map(({ name, plugged, running }): SavedNode => ({
      name,
      plugged,
      ...(running === undefined ? {} : { running: { ...running, machine: take(running.machine) } }),
    })),
    etcd: Object.fromEntries(etcd.map(({ name, size }) => [name, framed.take(size)])),
    cloud: Object.fromEntries(cloud.map(({ name, size }) => [name, framed.take(size)])),
  };
}

function sizeOfContents({ nodes, etcd, cloud }: Header): number {
  const states = nodes.map(({ running }) =>
    running === undefined || 'prepared' in running.machine ? 0 : running.machine.state,
  );
  return [...states, ...[...etcd, ...cloud].map(({ size }) => size)].reduce(
    (total, size) => total + size,
    0,
  );
}
