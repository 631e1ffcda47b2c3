import { startDocker } from '../../engine/cluster/docker-client.ts';
import { spawnNodeDocker } from '../../engine/cluster/node-docker.node.ts';
import { startMachine } from '../../engine/machine/client/machine-client.ts';
import { spawnNodeMachine } from '../../engine/machine/client/node-machine.node.ts';
import type { BenchHost } from './bench.ts';

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
};
