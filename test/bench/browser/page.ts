/** The page that `bench --browser` opens: runs the same benches on browser workers. */
import { spawnBrowserDocker } from '../../../engine/cluster/browser-docker.ts';
import { startDocker } from '../../../engine/cluster/docker-client.ts';
import { spawnBrowserMachine } from '../../../engine/machine/client/browser-machine.ts';
import { startMachine } from '../../../engine/machine/client/machine-client.ts';
import type { BenchHost, Resources, Sample } from '../bench.ts';
import { benches } from '../benches/index.ts';

declare global {
  interface Window {
    /** Asks the driver, which sees the browser's processes. */
    readResources(): Promise<Resources>;
    /** Asks the driver, which serves the app. */
    countBytes(goal: 'shell' | 'docker'): Promise<number>;
    runBench(name: string): Promise<readonly Sample[]>;
  }
}

const host: BenchHost = {
  name: 'chromium',
  startMachine: (options, onProgress) => startMachine(spawnBrowserMachine(), options, onProgress),
  startDocker: (machine) => startDocker(spawnBrowserDocker(), machine, { machine: 'bench' }),
  resources: () => window.readResources(),
  bytesTo: (goal) => window.countBytes(goal),
};

window.runBench = async (name) => {
  const bench = benches.find((candidate) => candidate.name === name);
  if (bench === undefined) throw new RangeError(`There is no bench ${name}.`);
  return bench.run(host);
};
