import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SchedulerHost } from '../../engine/api/scheduler.ts';
import { MASTERS } from '../../engine/apiserver/auth/user-info.ts';
import { systemClock } from '../../engine/base/clock.ts';
import { Client } from '../../engine/client/client.ts';
import { startControlPlane, type ControlPlane } from '../../engine/cluster/control-plane.node.ts';
import { SCHEDULER } from '../../engine/cluster/cluster-users.ts';
import { startCluster, type ClusterOptions } from '../../engine/cluster/cluster.node.ts';
import { spawnNodeScheduler } from '../../engine/cluster/node-components.node.ts';
import { connectWorker } from '../../engine/rpc/rpc-client.ts';
import { dockerEngineOf } from '../../engine/api/docker-engine.ts';
import { connectDocker, startDocker } from '../../engine/cluster/docker-client.ts';
import { HubKeeper } from '../../engine/cluster/hub-keeper.ts';
import { spawnNodeDocker } from '../../engine/cluster/node-docker.node.ts';
import { spawnNodeEtcd } from '../../engine/cluster/etcd/node-etcd.node.ts';
import { spawnNodeHub } from '../../engine/cluster/node-hub.node.ts';
import { AgentClient } from '../../engine/machine/agent/agent-client.ts';
import { startMachine } from '../../engine/machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../../engine/machine/worker/node-machine.node.ts';
import {
  prove,
  withMachine,
  type BenchControlPlane,
  type BenchHollowCluster,
  type BenchHost,
} from './bench.ts';
import { startMachineCluster } from '../../engine/cluster/machine-cluster.node.ts';
import { readClusterFile } from '../../engine/cluster/saved/cluster-file.ts';
import { startNodeCluster } from './node-cluster.ts';

/** What a browser would fetch too. */
const emulatorBytes = statSync(createRequire(import.meta.url).resolve('v86/build/v86.wasm')).size;

const hub = new HubKeeper(() => spawnNodeHub());

const scratch = mkdtempSync(path.join(tmpdir(), 'drydock-bench-'));
process.once('exit', () => rmSync(scratch, { recursive: true }));

let planes = 0;

/** Options of a control plane of its own that keeps everything on the disk. */
const onDisk = () => ({
  port: 0,
  data: path.join(scratch, `control-plane-${planes++}`),
  onError: (error: unknown) => void process.stderr.write(`${String(error)}\n`),
});

/** As an administrator. */
function clientOf(plane: ControlPlane): Client {
  return new Client({
    transport: plane.transport({ username: 'bench', groups: [MASTERS] }),
    clock: systemClock,
    userAgent: 'drydock-bench/1',
  });
}

async function startHollowCluster(
  nodes: number,
  managerFlags: ClusterOptions['managerFlags'] = {},
): Promise<BenchHollowCluster> {
  const options = { hollow: nodes, hollowReadyAfter: 500, managerFlags };
  const cluster = await startCluster({ ...onDisk(), ...options });
  return { client: clientOf(cluster), close: () => cluster.close() };
}

async function startBenchControlPlane(): Promise<BenchControlPlane> {
  const plane = await startControlPlane(onDisk());
  return {
    client: clientOf(plane),
    async startScheduler() {
      const worker = await connectWorker<SchedulerHost>(spawnNodeScheduler());
      await worker.service.start(plane.openPort(SCHEDULER), 'bench');
      return {
        async stop() {
          await worker.service.stop();
          await worker.dispose();
        },
      };
    },
    close: () => plane.close(),
  };
}

/** Machines in worker threads of this process. */
export const nodeHost: BenchHost = {
  name: 'node',
  startMachine: (options, onProgress) => startMachine(spawnNodeMachine(), options, onProgress),
  startDocker: (machine, profile = 'docker', store) =>
    startDocker(
      connectDocker(
        spawnNodeDocker(store === undefined ? {} : { storage: path.join(scratch, store) }),
      ),
      machine,
      { machine: 'bench', kind: dockerEngineOf(profile) ?? 'ported' },
      hub,
    ),
  spawnEtcd: () => spawnNodeEtcd({ storage: scratch }),
  startControlPlane: startBenchControlPlane,
  startHollowCluster,
  startCluster: startNodeCluster,
  async startMachineCluster(from) {
    const isNew = typeof from === 'number';
    const started = await startMachineCluster({
      port: 0,
      onError: (error) => void process.stderr.write(`${String(error)}\n`),
      nodes: isNew ? from : 0,
      hollow: 0,
      hollowReadyAfter: 0,
      ...(isNew ? {} : { saved: await readClusterFile(from) }),
    });
    const goBackTo = () => Promise.reject(new Error('That is measured in Chromium only.'));
    return { ...started, goBackTo };
  },
  resources() {
    const { user, system } = process.cpuUsage();
    return Promise.resolve({
      memoryBytes: process.memoryUsage.rss(),
      cpuMs: (user + system) / 1000,
    });
  },
  bytesTo: (goal) =>
    withMachine(nodeHost, { profile: 'docker' }, async (machine) => {
      const docker = goal === 'docker' ? await nodeHost.startDocker(machine) : undefined;
      const { exit, stderr } = await new AgentClient(machine.service).call('run', {
        argv: ['bash', '-lc', goal === 'docker' ? 'docker ps' : 'true'],
      });
      prove(exit.code === 0, stderr);
      const { fetchedBytes } = await machine.service.metrics();
      await docker?.dispose();
      return fetchedBytes + emulatorBytes;
    }),
  drawMap: () => Promise.reject(new Error('There is no page in Node: add --browser.')),
  inApp: () => Promise.reject(new Error('There is no page in Node: add --browser.')),
  async visit() {
    const began = performance.now();
    return withMachine(nodeHost, { profile: 'docker' }, async (machine) => {
      const shell = new AgentClient(machine.service).call('run', { argv: ['bash', '-lc', 'true'] });
      const [docker, { exit, stderr }] = await Promise.all([nodeHost.startDocker(machine), shell]);
      const value = performance.now() - began;
      prove(exit.code === 0, stderr);
      await docker.dispose();
      return value;
    });
  },
};
