/** The page that `bench --browser` opens: runs the same benches on browser workers. */
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { dockerEngineOf } from '../../../engine/api/docker-engine.ts';
import { spawnBrowserDocker } from '../../../engine/cluster/browser-docker.ts';
import { spawnBrowserEtcd } from '../../../engine/cluster/etcd/browser-etcd.ts';
import { spawnBrowserHub } from '../../../engine/cluster/browser-hub.ts';
import { connectDocker, startDocker } from '../../../engine/cluster/docker-client.ts';
import { openLab, type PageLab } from '../../../engine/cluster/index.ts';
import { HubKeeper } from '../../../engine/cluster/hub-keeper.ts';
import { spawnBrowserMachine } from '../../../engine/machine/worker/browser-machine.ts';
import { startMachine } from '../../../engine/machine/worker/machine-client.ts';
import type { Resources } from '../../harness/chromium.ts';
import type { AppMeasure } from '../app-measures.ts';
import type { BenchHost, BenchMachineCluster, Sample } from '../bench.ts';
import { allBenches } from '../benches/index.ts';
import { drawMap } from './map-frames.ts';

declare global {
  interface Window {
    /** Asks the driver, which sees the browser's processes. */
    readResources(): Promise<Resources>;
    /** Asks the driver, which serves the app. */
    countBytes(goal: 'shell' | 'docker'): Promise<number>;
    /** Asks the driver, which opens further pages. */
    visitApp(kind: 'first' | 'again'): Promise<number>;
    /** The same. */
    measureInApp(what: AppMeasure): Promise<number>;
    runBench(name: string): Promise<readonly Sample[]>;
  }
}

const hub = new HubKeeper(spawnBrowserHub);

async function startInLab(lab: PageLab, cluster: ClusterFacade): Promise<BenchMachineCluster> {
  await cluster.start();
  return {
    cluster,
    async goBackTo(saved) {
      const next = await lab.restoreCluster(saved);
      await cluster.close(true);
      return startInLab(lab, next);
    },
    async close() {
      await cluster.close();
      await lab.close();
    },
  };
}

const host: BenchHost = {
  name: 'chromium',
  startMachine: (options, onProgress) => startMachine(spawnBrowserMachine(), options, onProgress),
  startDocker: (machine, profile = 'docker', store = 'bench') =>
    startDocker(
      connectDocker(spawnBrowserDocker()),
      machine,
      { machine: store, kind: dockerEngineOf(profile) ?? 'ported' },
      hub,
    ),
  spawnEtcd: spawnBrowserEtcd,
  startControlPlane: () => Promise.reject(new Error('Control planes are measured in Node only.')),
  startHollowCluster: () => Promise.reject(new Error('Control planes are measured in Node only.')),
  startCluster: () => Promise.reject(new Error('Control planes are measured in Node only.')),
  async startMachineCluster(from) {
    const lab = openLab();
    const cluster = await (typeof from === 'number'
      ? lab.openCluster(from)
      : lab.restoreCluster(from));
    return startInLab(lab, cluster);
  },
  resources: () => window.readResources(),
  bytesTo: (goal) => window.countBytes(goal),
  visit: (kind) => window.visitApp(kind),
  drawMap,
  inApp: (what) => window.measureInApp(what),
};

window.runBench = async (name) => {
  const bench = allBenches.find((candidate) => candidate.name === name);
  if (bench === undefined) throw new RangeError(`There is no bench ${name}.`);
  return bench.run(host);
};
