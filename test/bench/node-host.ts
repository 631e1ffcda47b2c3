import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { startDocker } from '../../engine/cluster/docker-client.ts';
import { spawnNodeDocker } from '../../engine/cluster/node-docker.node.ts';
import { AgentClient } from '../../engine/machine/agent/agent-client.ts';
import { startMachine } from '../../engine/machine/client/machine-client.ts';
import { spawnNodeMachine } from '../../engine/machine/client/node-machine.node.ts';
import { prove, withMachine, type BenchHost } from './bench.ts';

/** What a browser would fetch too. */
const emulatorBytes = statSync(createRequire(import.meta.url).resolve('v86/build/v86.wasm')).size;

/** Machines in worker threads of this process. */
export const nodeHost: BenchHost = {
  name: 'node',
  startMachine: (options, onProgress) => startMachine(spawnNodeMachine(), options, onProgress),
  startDocker: (machine) => startDocker(spawnNodeDocker(), machine, { machine: 'bench' }),
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
};
