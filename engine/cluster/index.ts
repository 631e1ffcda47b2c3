/** The facade for pages. */
import type { ClusterFacade } from '../api/cluster.ts';
import type { Lab, ProfileDownload } from '../api/lab.ts';
import type { ProfileName } from '../api/machine.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { cryptoRandom, type Random } from '../base/random.ts';
import { FetchArtifactSource } from '../machine/artifacts/fetch-artifact-source.ts';
import { spawnBrowserMachine } from '../machine/worker/browser-machine.ts';
import { spawnBrowserDocker } from './browser-docker.ts';
import { spawnBrowserHub } from './browser-hub.ts';
import { WorkerLab } from './lab.ts';
import type { OfflineParts } from './offline-files.ts';
import { profileDownload } from './profile-download.ts';

const artifacts = new URL('./', location.href).href;

/** What it takes to go on with a machine of another profile, beyond what one of profile `present` has fetched. */
export function downloadOf(profile: ProfileName, present: ProfileName): Promise<ProfileDownload> {
  return profileDownload(
    new FetchArtifactSource(artifacts, { clock: systemClock }),
    profile,
    present,
  );
}

export type { OfflineParts } from './offline-files.ts';

/** What there is to copy for times without a network. */
export async function offlineParts(): Promise<OfflineParts> {
  const { listOfflineParts } = await import('./offline-files.ts');
  return listOfflineParts(new FetchArtifactSource(artifacts, { clock: systemClock }));
}

/** A lab that can have a cluster among its machines. */
export interface PageLab extends Lab {
  /** A cluster of so many machines, 1 to 4, that has not begun. What it consists of is fetched now. */
  openCluster(nodes: number): Promise<ClusterFacade>;
  /**
   * One that has not begun either, and goes on from what `ClusterFacade.save` gave. No other may be there, as their
   * machines have the same names. @throws MachineError STATE_DAMAGED
   */
  restoreCluster(saved: Blob): Promise<ClusterFacade>;
}

class BrowserLab extends WorkerLab implements PageLab {
  async openCluster(nodes: number): Promise<ClusterFacade> {
    const { openBrowserCluster } = await import('./browser-cluster.ts');
    return openBrowserCluster(this, artifacts, nodes);
  }

  async restoreCluster(saved: Blob): Promise<ClusterFacade> {
    const { restoreBrowserCluster } = await import('./browser-cluster.ts');
    return restoreBrowserCluster(this, saved);
  }
}

/** A lab without machines. The machines' parts are fetched from beside the page. */
export function openLab(): PageLab {
  return new BrowserLab({
    spawnMachine: spawnBrowserMachine,
    spawnDocker: spawnBrowserDocker,
    spawnHub: spawnBrowserHub,
    artifacts,
    clock: systemClock,
  });
}

/** The page's clock and chance, for what takes them. */
export const pageClock: Clock = systemClock;
export const pageRandom: Random = cryptoRandom;
