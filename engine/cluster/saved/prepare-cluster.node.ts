import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SavedMachine } from '../../api/machine.ts';
import { systemClock, within } from '../../base/clock.ts';
import { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { sha256 } from '../../machine/artifacts/guest-manifest.ts';
import { compressZstd } from '../../machine/states/compress.node.ts';
import {
  PREPARED_VERSION,
  unpackState,
  type PreparedState,
} from '../../machine/states/state-file.ts';
import { writeWhole } from '../../machine/states/write-whole.node.ts';
import type { GuestDirectories } from '../../machine/worker/guest-directories.node.ts';
import { nodeMachineHost } from '../../machine/worker/node-machine-host.node.ts';
import { ADMINISTRATOR } from '../cluster-users.ts';
import type { MachineCluster } from '../machine-cluster.ts';
import { startMachineCluster } from '../machine-cluster.node.ts';
import { readClusterFile, writeClusterFile } from './cluster-file.ts';
import { clusterRecipe, type PreparedCluster } from './prepared-cluster.ts';

/** Level of zstd: 12 takes twice as long and leaves 1 % less. */
const COMPRESSION_LEVEL = 9;
/** What learners type first: kubectl is in memory then, and knows what the API offers. */
const FIRST_COMMAND = 'kubectl get nodes';

/** Pods of a new cluster are there within half a minute on an idle computer. */
const PATIENCE_MS = 600_000;

type Report = (text: string, done: number) => void;

/** Makes the prepared cluster unless it is there: starts one machine with a control plane, and saves all when it is ready. */
export async function prepareCluster(directories: GuestDirectories, report: Report): Promise<void> {
  const recipe = await clusterRecipe(nodeMachineHost(directories).source);
  if (await isCurrent(directories.states, recipe)) return;
  report('starting', 0);
  const saved = await readClusterFile(await saveNew(report));
  const [node] = saved.nodes;
  const machine = node?.running?.machine;
  if (node?.running === undefined || machine === undefined || 'prepared' in machine)
    throw new Error('The machine of the control plane was not saved.');
  report('compressing', 0.8);
  await mkdir(directories.states, { recursive: true });
  const state = await writeMachine(directories.states, machine);
  const running = { ...node.running, machine: { prepared: state } };
  const blob = writeClusterFile({ ...saved, nodes: [{ ...node, running }] });
  const content = new Uint8Array(await blob.arrayBuffer());
  const file = `cluster-${await idOf(content)}.drydock`;
  await writeWhole(path.join(directories.states, file), content);
  const prepared: PreparedCluster = { recipe, file };
  await writeWhole(path.join(directories.states, 'cluster.json'), JSON.stringify(prepared));
  await removeOthers(directories.states, [`${state}.json`, `${state}.zst`, file]);
  report('done', 1);
}

async function isCurrent(directory: string, recipe: string): Promise<boolean> {
  try {
    const text = await readFile(path.join(directory, 'cluster.json'), 'utf8');
    const prepared = JSON.parse(text) as PreparedCluster;
    await stat(path.join(directory, prepared.file));
    return prepared.recipe === recipe;
  } catch {
    return false;
  }
}

/** A cluster that has just become ready, and whose tools were used once. */
async function saveNew(report: Report): Promise<Blob> {
  const failures: unknown[] = [];
  const { cluster, close } = await startMachineCluster({
    nodes: 1,
    port: 0,
    hollow: 0,
    hollowReadyAfter: 0,
    prepared: false,
    onError: (error) => failures.push(error),
  });
  try {
    report('waiting for its Pods', 0.5);
    await within(systemClock, PATIENCE_MS, addonsServe(cluster));
    report('using it once', 0.6);
    await forgetFiles(cluster);
    await cluster.run('control-plane', FIRST_COMMAND);
    report('saving', 0.7);
    return await cluster.save();
  } catch (error) {
    throw new AggregateError([error, ...failures], 'The cluster could not be prepared.');
  } finally {
    await close();
  }
}

/** What was read on the way here and is not needed again would be downloaded by everybody. */
async function forgetFiles(cluster: MachineCluster): Promise<void> {
  await cluster.run('control-plane', 'sync; echo 3 > /proc/sys/vm/drop_caches');
}

/** Resolves when all that runs in every cluster does. */
async function addonsServe(cluster: MachineCluster): Promise<void> {
  const client = new Client({
    transport: cluster.transport(ADMINISTRATOR),
    clock: systemClock,
    userAgent: 'drydock/1',
  });
  const serves = new AbortController();
  const options = { namespace: 'kube-system', signal: serves.signal };
  const ready = new Map<string, boolean>();
  try {
    for await (const { object } of client.watch(resources.deployments, options)) {
      const { metadata, spec, status } = object;
      ready.set(metadata.name, status?.readyReplicas === spec?.replicas);
      if (ready.has('coredns') && [...ready.values()].every(Boolean)) return;
    }
  } finally {
    serves.abort();
  }
}

/** Names carry it, so that what belongs together is found together. */
async function idOf(content: Uint8Array<ArrayBuffer>): Promise<string> {
  return (await sha256(content)).slice(0, 16);
}

/** As a state that machines restore by the name that is returned. */
async function writeMachine(
  directory: string,
  { profile, memory, artifacts, state: packed }: SavedMachine,
): Promise<string> {
  const { header, state } = await unpackState(packed);
  const content = Uint8Array.from(await compressZstd(new Uint8Array(state), COMPRESSION_LEVEL));
  const name = `control-plane-${await idOf(content)}`;
  const file = `${name}.zst`;
  await writeWhole(path.join(directory, file), content);
  const prepared: PreparedState = {
    formatVersion: PREPARED_VERSION,
    profile,
    memory,
    artifacts,
    file,
    size: content.length,
    stateSize: state.byteLength,
    header,
    chunks: [],
    laterChunks: [],
  };
  await writeWhole(path.join(directory, `${name}.json`), JSON.stringify(prepared));
  return name;
}

/** Files of earlier ones are of no use to anybody. */
async function removeOthers(directory: string, keep: readonly string[]): Promise<void> {
  for (const entry of await readdir(directory))
    if (/^(?:cluster|control-plane)-[0-9a-f]{16}\.\w+$/.test(entry) && !keep.includes(entry))
      await rm(path.join(directory, entry));
}
